/** Batches with a real server. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, newRecordId, UnauthenticatedError, type UsageRecord } from "aiusage";

import { gpt4oCall, newUser, testClient, usd } from "./fixtures.js";
import { runProgram } from "./programs.js";
import { proxyTo } from "./proxy.js";

const client = testClient();

function calls(userId: string, count: number): UsageRecord[] {
  return Array.from({ length: count }, () => ({ ...gpt4oCall(userId), recordId: newRecordId() }));
}

test("a bad record is a result", async () => {
  const userId = newUser();
  const records = calls(userId, 1203).map((record, index) =>
    index === 3 ? { ...record, userId: "" } : record,
  );
  const [known, reused] = [records[600]!, records[1100]!];
  await client.recordUsage(known);
  await client.recordUsage(reused);
  records[1100] = { ...reused, feature: "changed" };

  const { results, ...counts } = await client.recordUsageBatch(records);

  assert.deepEqual(counts, { storedCount: 1200n, duplicateCount: 1n, refusedCount: 2n });
  assert.deepEqual(
    results.map(({ index, recordId }) => [index, recordId]),
    [3, 600, 1100].map((index) => [index, records[index]!.recordId]),
  );
  assert.equal(results[0]?.refusal?.reason, "INVALID_FIELDS");
  assert.deepEqual(
    results[0].refusal.violations.map(({ field }) => field),
    ["user_id"],
  );
  assert.equal(results[1]?.refusal, undefined);
  assert.deepEqual(results[1]?.duplicate?.cost, usd("0.0075"));
  assert.equal(results[2]?.refusal?.reason, "RECORD_ID_REUSED");
  const { totals } = await client.getUserCost(userId);
  assert.deepEqual([totals.requestCount, totals.cost.amount], [1202n, "9.015"]);
});

test("large records flow both ways", async () => {
  // More bytes than any window holds, in both directions.
  const userId = newUser();
  const records = calls(userId, 2000).map((record) => ({
    ...record,
    requestMetadata: { note: "x".repeat(4000) },
  }));
  assert.equal((await client.recordUsageBatch(records)).storedCount, 2000n);
  assert.equal((await client.recordUsageBatch(records)).duplicateCount, 2000n);
  assert.equal((await client.getUserCost(userId)).totals.requestCount, 2000n);
});

test("an empty batch", async () => {
  const none = { storedCount: 0n, duplicateCount: 0n, refusedCount: 0n, results: [] };
  assert.deepEqual(await client.recordUsageBatch([]), none);
});

test("a broken connection loses and doubles nothing", async (t) => {
  const userId = newUser();
  const proxy = await proxyTo(process.env["AIUSAGE_ADDRESS"]!);
  const apiKey = process.env["AIUSAGE_API_KEY"]!;
  const throughProxy = new Client({ address: proxy.address, apiKey });
  t.after(() => {
    throughProxy.close();
    proxy.close();
  });
  let cutCount = 0;
  async function* withCuts() {
    for (const [position, record] of calls(userId, 12_000).entries()) {
      if (position === 5_000 || position === 9_000) {
        proxy.cut();
        cutCount += 1;
      }
      yield record;
    }
  }
  const { storedCount, duplicateCount } = await throughProxy.recordUsageBatch(withCuts());
  assert.equal(cutCount, 2);
  assert.equal(storedCount + duplicateCount, 12_000n);
  assert.equal((await client.getUserCost(userId)).totals.requestCount, 12_000n);
});

test("a failure of the caller's own comes through", async () => {
  const userId = newUser();
  function* failing() {
    yield* calls(userId, 700);
    throw new RangeError("no more");
  }
  await assert.rejects(client.recordUsageBatch(failing()), RangeError);
});

test("a wrong key is a typed error", async () => {
  const stranger = new Client({ apiKey: "aiusage_wrong" });
  await assert.rejects(stranger.recordUsageBatch(calls(newUser(), 1)), (error) => {
    assert.ok(error instanceof UnauthenticatedError);
    return true;
  });
  stranger.close();
});

test("a service that is away while records are made is an error, and ends no program", async () => {
  const output = await runProgram(`
    const client = new aiusage.Client({ address: "http://127.0.0.1:9", apiKey: "key" });
    async function* records() {
      // Long enough for the connection to fail.
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield { userId: "user-1", model: "gpt-4o", usage: { inputTokens: 1 } };
    }
    await client.recordUsageBatch(records()).catch(({ code, message }) => console.log(code, message));
  `);
  assert.match(output, /^UNAVAILABLE the service cannot be reached: .*ECONNREFUSED.*; see that/);
});

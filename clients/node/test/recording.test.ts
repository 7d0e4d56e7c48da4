/** Recording single calls with a real server. */
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Client,
  InvalidArgumentError,
  newRecordId,
  RecordIdReusedError,
  UnauthenticatedError,
} from "aiusage";

import { gpt4oCall, newUser, testClient, usd } from "./fixtures.js";

const client = testClient();

test("the cost is exact", async () => {
  const receipt = await client.recordUsage(gpt4oCall(newUser()));
  assert.deepEqual(receipt.cost, usd("0.0075"));
  assert.equal(receipt.costStatus, "PRICED");
  assert.notEqual(receipt.priceSetId, 0n);
  assert.equal(receipt.duplicate, false);
  assert.ok(Math.abs(receipt.recordTime.getTime() - Date.now()) < 60_000);
});

test("every field of a record is taken", async () => {
  const receipt = await client.recordUsage({
    ...gpt4oCall(newUser()),
    eventTime: new Date(Date.now() - 86_400_000),
    feature: "chat",
    functionName: "answer",
    sessionId: "session-1",
    jobId: "job-1",
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    responseModel: "gpt-4o",
    responseId: "chatcmpl-1",
    operation: "chat",
    apiUrl: "https://api.openai.com/v1",
    usage: {
      inputTokens: 1000n,
      outputTokens: 500,
      cacheReadTokens: 0,
      otherMeters: { audio_seconds: "12.5" },
      tokenConvention: "REASONING_EXCLUSIVE",
      rawUsage: { promptTokenCount: 1000, candidatesTokenCount: 500, details: [{ n: 1 }] },
    },
    latencyMs: 850.25,
    timeToFirstTokenMs: 120,
    status: "success",
    priceContext: { service_tier: "default" },
    tags: { team: "search" },
    requestMetadata: { temperature: 0.5, tools: ["a", "b"] },
    responseMetadata: { finish_reason: "stop" },
    reportedCost: "0.0075",
  });
  assert.ok(receipt.cost);
});

test("a retry is a duplicate with the first receipt", async () => {
  const record = { ...gpt4oCall(newUser()), recordId: newRecordId() };
  const first = await client.recordUsage(record);
  assert.deepEqual(await client.recordUsage(record), { ...first, duplicate: true });
});

test("a changed retry is refused", async () => {
  const record = { ...gpt4oCall(newUser()), recordId: newRecordId() };
  await client.recordUsage(record);
  const changed = { ...record, usage: { inputTokens: 1000, outputTokens: 501 } };
  await assert.rejects(client.recordUsage(changed), (error) => {
    assert.ok(error instanceof RecordIdReusedError);
    assert.equal(error.code, "ALREADY_EXISTS");
    assert.equal(error.reason, "RECORD_ID_REUSED");
    assert.equal(error.metadata["record_id"], record.recordId);
    assert.match(error.metadata["differing_fields"] ?? "", /usage\.output_tokens/);
    return true;
  });
  const { totals } = await client.getUserCost(record.userId);
  assert.deepEqual(totals.cost, usd("0.0075"));
});

test("every violation is told at once", async () => {
  const usage = { inputTokens: 1, cacheReadTokens: 2 };
  await assert.rejects(client.recordUsage({ userId: "", model: "gpt-4o", usage }), (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.equal(error.reason, "INVALID_FIELDS");
    const fields = error.violations.map(({ field }) => field).sort();
    assert.deepEqual(fields, ["record.usage.cache_read_tokens", "record.user_id"]);
    return true;
  });
});

test("an unknown model has no cost yet", async () => {
  const userId = newUser();
  const receipt = await client.recordUsage({ userId, provider: "openai", model: `of-${userId}` });
  assert.equal(receipt.cost, undefined);
  assert.equal(receipt.costStatus, "UNKNOWN_MODEL");
});

test("a wrong key is a typed error", async () => {
  const stranger = new Client({ apiKey: "aiusage_wrong" });
  await assert.rejects(stranger.getUserCost("user-1"), (error) => {
    assert.ok(error instanceof UnauthenticatedError);
    assert.equal(error.reason, "API_KEY_INVALID");
    return true;
  });
  stranger.close();
});

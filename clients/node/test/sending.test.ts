/** The background sender with a real server. */
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { close, configure, flush, record, senderStats, track } from "aiusage";

import { newUser, testClient } from "./fixtures.js";

const client = testClient();
after(() => close());

test("what was recorded is there after a flush", async () => {
  const userId = newUser();
  const usage = { inputTokens: 1000, outputTokens: 500 };
  configure();
  for (let index = 0; index < 1203; index += 1) {
    record({ userId, provider: "openai", model: "gpt-4o", usage });
  }
  await track({ userId, provider: "openai", model: "gpt-4o" }, (call) => call.setUsage(usage));
  assert.equal(senderStats().queued, 1204);
  assert.ok(await flush());
  const { totals } = await client.getUserCost(userId);
  assert.deepEqual([totals.requestCount, totals.cost.amount], [1204n, "9.03"]);
  const { sent, queued, dropped, refused } = senderStats();
  assert.deepEqual([sent, queued, dropped, refused], [1204, 0, 0, 0]);
});

test("a refused record is told, and holds nobody up", async () => {
  const userId = newUser();
  const drops: unknown[] = [];
  configure({ log: () => {}, onDrop: (drop) => drops.push(drop) });
  record({ userId, model: "gpt-4o", usage: { inputTokens: 1, otherMeters: { no_such: "1" } } });
  record({ userId, model: "gpt-4o", recordId: "no-uuid" });
  record({ userId, model: "gpt-4o" });
  assert.ok(await flush());
  assert.equal((await client.getUserCost(userId)).totals.requestCount, 1n);
  assert.equal(senderStats().refused, 2);
  const [first, second] = drops as any[];
  assert.equal(first.reason, "refused");
  assert.match(first.message, /INVALID_FIELDS.*usage\.other_meters/);
  assert.equal(first.message.split("usage.other_meters").length, 2, first.message);
  assert.deepEqual(first.record.usage, { inputTokens: 1n, otherMeters: { no_such: "1" } });
  assert.equal(second.recordId, "no-uuid");
});

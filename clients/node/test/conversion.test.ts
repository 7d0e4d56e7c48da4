/** What the client makes of its arguments before anything is sent. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, newRecordId } from "aiusage";

import { budgetCheck, receipt } from "../src/from-proto.js";
import {
  CheckBudgetResponseSchema,
  ReceiptSchema,
  TokenConvention,
  UsageRecordSchema,
} from "../src/gen/aiusage/v1/usage_service_pb.js";
import type { CostStatus } from "../src/gen/aiusage/v1/types_pb.js";
import type { Usage, UsageRecord } from "../src/records.js";
import { period, usageRecord } from "../src/to-proto.js";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("money is never a number", async () => {
  const client = new Client({ address: "http://127.0.0.1:1", apiKey: "aiusage_any" });
  const spent = 0.1 as unknown as string;
  const refused = { name: "TypeError", message: /pass a decimal string/ };
  await assert.rejects(client.checkBudget("user-1", { limit: spent }), refused);
  const estimated = { limit: "1", estimatedCost: { amount: spent, currencyCode: "USD" } };
  await assert.rejects(client.checkBudget("user-1", estimated), refused);
  await assert.rejects(client.recordUsage({ userId: "user-1", reportedCost: spent }), refused);
  const usage = { otherMeters: { audio_seconds: spent } };
  await assert.rejects(client.recordUsage({ userId: "user-1", usage }), refused);
});

test("money from the service is exact", () => {
  const usd = (amount: string) => ({ amount, currencyCode: "USD" });
  const range = { startTime: {}, endTime: {} };
  const status = budgetCheck(
    create(CheckBudgetResponseSchema, {
      spent: usd("12345678901.123456789012345678"),
      limit: usd("0"),
      remaining: usd("-0.000000000000000001"),
      range,
    }),
  );
  assert.deepEqual(status.spent, usd("12345678901.123456789012345678"));
  assert.deepEqual(status.remaining, usd("-0.000000000000000001"));
  assert.equal(status.percentUsed, undefined);
});

test("a record is sent whole", () => {
  const sent = usageRecord({
    userId: "user-1",
    eventTime: new Date("2026-11-22T12:00:00.123Z"),
    latencyMs: 1850.25,
    timeToFirstTokenMs: 1999.9999999,
    usage: {
      inputTokens: 0,
      outputTokens: 9_007_199_254_740_993n,
      tokenConvention: "REASONING_EXCLUSIVE",
      rawUsage: { thoughtsTokenCount: 2, promptTokensDetails: [] },
    },
    tags: { team: "search" },
    requestMetadata: { nested: { list: [1, "two", null] } },
    reportedCost: "0.5",
    reservationId: "reservation-1",
  });
  const read = fromBinary(UsageRecordSchema, toBinary(UsageRecordSchema, sent));
  assert.deepEqual([read.eventTime?.seconds, read.eventTime?.nanos], [1_795_348_800n, 123_000_000]);
  assert.deepEqual([read.latency?.seconds, read.latency?.nanos], [1n, 850_250_000]);
  assert.deepEqual([read.timeToFirstToken?.seconds, read.timeToFirstToken?.nanos], [2n, 0]);
  assert.equal(read.usage?.inputTokens, 0n);
  assert.equal(read.usage?.outputTokens, 9_007_199_254_740_993n);
  assert.equal(read.usage?.cacheReadTokens, undefined);
  assert.equal(read.usage?.tokenConvention, TokenConvention.REASONING_EXCLUSIVE);
  assert.deepEqual(read.usage?.rawUsage, { thoughtsTokenCount: 2, promptTokensDetails: [] });
  assert.deepEqual(read.tags, { team: "search" });
  assert.deepEqual(read.requestMetadata, { nested: { list: [1, "two", null] } });
  assert.equal(read.reportedCost?.amount, "0.5");
  assert.equal(read.reservationId, "reservation-1");
});

test("a count is a whole number", () => {
  for (const inputTokens of [1.5, NaN, 2 ** 53]) {
    const record = { userId: "user-1", usage: { inputTokens } };
    assert.throws(
      () => usageRecord(record),
      /usage\.inputTokens must be a bigint or a safe integer/,
    );
  }
});

test("a misspelt field is no field", () => {
  const usage = { inputTokns: 1 } as Usage;
  assert.throws(() => usageRecord({ userId: "user-1", usage }), /Usage has no inputTokns/);
  const record = { userId: "user-1", modle: "gpt-4o" } as UsageRecord;
  assert.throws(() => usageRecord(record), /UsageRecord has no modle/);
});

test("a user id is text", async () => {
  const client = new Client({ address: "http://127.0.0.1:1", apiKey: "aiusage_any" });
  const primaryKey = 42 as unknown as string;
  const refused = { name: "TypeError", message: /userId must be a string, not a number/ };
  await assert.rejects(client.recordUsage({ userId: primaryKey }), refused);
  await assert.rejects(client.getUserCost(primaryKey), refused);
  await assert.rejects(client.checkBudget(primaryKey, { limit: "1" }), refused);
});

test("one period at most", () => {
  assert.throws(() => period({ month: "2026-11", days: 7 }), /not month and days/);
  assert.deepEqual(period({ days: 7 }), { case: "days", value: 7 });
  assert.deepEqual(period({}), { case: undefined });
});

test("a record has its id before the first try", () => {
  assert.match(usageRecord({ userId: "user-1" }).recordId, UUID_V7);
  assert.equal(usageRecord({ userId: "user-1", recordId: "given" }).recordId, "given");
});

test("a record id carries its time", () => {
  const recordId = newRecordId();
  assert.match(recordId, UUID_V7);
  assert.notEqual(newRecordId(), recordId);
  const made = Number.parseInt(recordId.replace("-", "").slice(0, 12), 16);
  assert.ok(Math.abs(Date.now() - made) < 5000);
});

test("a status of a newer service is no error", () => {
  const message = create(ReceiptSchema, { recordTime: {}, costStatus: 99 as CostStatus });
  assert.equal(receipt(message).costStatus, "UNSPECIFIED");
});

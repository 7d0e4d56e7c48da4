/** How a batch is packed, counted and retried, without a connection. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { create, toBinary } from "@bufbuild/protobuf";

import { Batch, RECORDS_PER_REQUEST_MAX, REQUEST_BYTES_MAX } from "../src/batch.js";
import { InvalidArgumentError, UnavailableError } from "../src/errors.js";
import {
  type RecordUsageBatchRequest,
  RecordUsageBatchRequestSchema,
  RecordUsageBatchResponseSchema,
} from "../src/gen/aiusage/v1/usage_service_pb.js";
import type { UsageRecord } from "../src/records.js";
import { RetryThrottle } from "../src/retry.js";

function pack(batch: Batch, count: number, record: Partial<UsageRecord> = {}) {
  const requests: (RecordUsageBatchRequest | undefined)[] = [];
  for (let made = 0; made < count; made += 1) {
    requests.push(batch.add({ userId: "user-1", ...record }));
  }
  return [...requests, batch.flush()].filter((request) => request !== undefined);
}

function answer(sequence: bigint, storedCount = 1n) {
  return create(RecordUsageBatchResponseSchema, { sequence, storedCount });
}

test("no request has more records than the service takes", () => {
  const requests = pack(new Batch(), 2 * RECORDS_PER_REQUEST_MAX + 3);
  assert.deepEqual(
    requests.map(({ sequence, records }) => [sequence, records.length]),
    [
      [1n, 500],
      [2n, 500],
      [3n, 3],
    ],
  );
});

test("no request is larger than the service takes", () => {
  const requests = pack(new Batch(), 300, { requestMetadata: { note: "x".repeat(8000) } });
  assert.ok(requests.length > 1);
  for (const request of requests) {
    const size = toBinary(RecordUsageBatchRequestSchema, request).length;
    assert.ok(size < REQUEST_BYTES_MAX + 64 * 1024);
  }
});

test("an index is the position in the whole batch", () => {
  const batch = new Batch();
  const [first, second] = pack(batch, RECORDS_PER_REQUEST_MAX + 2);
  batch.take(answer(first!.sequence, 500n));
  const refusal = { reason: "INVALID_FIELDS", message: "bad" };
  const outcome = { case: "refusal" as const, value: refusal };
  batch.take(
    create(RecordUsageBatchResponseSchema, {
      sequence: second!.sequence,
      storedCount: 1n,
      refusedCount: 1n,
      results: [{ index: 1, outcome }],
    }),
  );
  const { storedCount, refusedCount, results } = batch.result();
  assert.deepEqual([storedCount, refusedCount, results.length], [501n, 1n, 1]);
  assert.equal(results[0]?.index, 501);
  assert.equal(results[0].recordId, second!.records[1]?.recordId);
});

test("what is unanswered is sent again", () => {
  const batch = new Batch();
  const [first, second] = pack(batch, RECORDS_PER_REQUEST_MAX + 1);
  assert.deepEqual(batch.unanswered, [first, second]);
  batch.take(answer(1n));
  assert.deepEqual(batch.unanswered, [second]);
});

test("an answer out of turn is an error", () => {
  const batch = new Batch();
  pack(batch, 1);
  assert.throws(() => batch.take(answer(7n)), /answered request 7 where 1 was due/);
});

test("tries end when nothing gets through, and progress renews them", () => {
  const batch = new Batch();
  const away = new UnavailableError("away");
  pack(batch, 1);
  for (const nominalMs of [100, 200, 400]) {
    const delayMs = batch.delayBeforeRetryMs(away);
    assert.ok(Math.abs(delayMs - nominalMs) <= 0.2 * nominalMs, `${delayMs}`);
  }
  batch.take(answer(1n));
  for (let tries = 0; tries < 3; tries += 1) batch.delayBeforeRetryMs(away);
  assert.throws(() => batch.delayBeforeRetryMs(away), { message: "away" });
});

test("the delay is what the service asks for", () => {
  const asked = new UnavailableError("full", { retryDelayMs: 3000 });
  assert.equal(new Batch().delayBeforeRetryMs(asked), 3000);
});

test("an error that does not pass is thrown at once", () => {
  const wrong = new InvalidArgumentError("wrong");
  assert.throws(() => new Batch().delayBeforeRetryMs(wrong), { message: "wrong" });
});

test("the throttle ends retries until calls succeed again", () => {
  const throttle = new RetryThrottle();
  const welcome = Array.from({ length: 6 }, () => throttle.failed());
  assert.deepEqual(welcome, [true, true, true, true, false, false]);
  for (let calls = 0; calls < 30; calls += 1) throttle.succeeded();
  assert.ok(throttle.failed());
});

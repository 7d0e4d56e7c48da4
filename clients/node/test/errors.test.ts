import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

import { Code, ConnectError } from "@connectrpc/connect";
import * as esm from "aiusage";

import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../src/gen/google/rpc/error_details_pb.js";
import { readError } from "../src/read-error.js";

const classes = [
  [Code.InvalidArgument, "INVALID_FIELDS", "INVALID_ARGUMENT", esm.InvalidArgumentError],
  [Code.AlreadyExists, "RECORD_ID_REUSED", "ALREADY_EXISTS", esm.RecordIdReusedError],
  [Code.Unauthenticated, "API_KEY_INVALID", "UNAUTHENTICATED", esm.UnauthenticatedError],
  [Code.Unavailable, "WRITER_FULL", "UNAVAILABLE", esm.UnavailableError],
  [Code.NotFound, "PRICE_NOT_FOUND", "NOT_FOUND", esm.NotFoundError],
  [Code.NotFound, "BUDGET_NOT_FOUND", "NOT_FOUND", esm.NotFoundError],
  [Code.AlreadyExists, "BUDGET_EXISTS", "ALREADY_EXISTS", esm.AiusageError],
  [Code.Aborted, "ETAG_MISMATCH", "ABORTED", esm.AiusageError],
  [Code.FailedPrecondition, "RESERVATION_ENDED", "FAILED_PRECONDITION", esm.AiusageError],
  [Code.DeadlineExceeded, "", "DEADLINE_EXCEEDED", esm.DeadlineExceededError],
  [Code.Internal, "INTERNAL", "INTERNAL", esm.AiusageError],
] as const;

for (const [code, reason, codeName, errorClass] of classes) {
  test(`${codeName} with ${reason || "no reason"} is ${errorClass.kind}`, () => {
    const info = { desc: ErrorInfoSchema, value: { reason, metadata: { key: "value" } } };
    const error = readError(new ConnectError("what happened", code, undefined, [info]));
    assert.ok(error instanceof errorClass);
    assert.ok(error instanceof esm.AiusageError);
    assert.ok(error instanceof Error);
    assert.equal(error.name, errorClass.kind);
    assert.deepEqual(
      [error.code, error.reason, error.message],
      [codeName, reason, "what happened"],
    );
    assert.deepEqual(error.metadata, { key: "value" });
  });
}

test("violations and retry delay", () => {
  const violation = { field: "record.user_id", description: "must not be empty" };
  const details = [
    { desc: BadRequestSchema, value: { fieldViolations: [violation] } },
    { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 250_000_000 } } },
  ];
  const error = readError(new ConnectError("wrong", Code.InvalidArgument, undefined, details));
  assert.deepEqual(error.violations, [violation]);
  assert.equal(error.retryDelayMs, 1250);
});

test("instanceof holds between two copies of the package, and only upwards", () => {
  const cjs = createRequire(import.meta.url)("aiusage") as typeof esm;
  assert.notEqual(cjs.NotFoundError, esm.NotFoundError);
  const error = new cjs.NotFoundError("gone");
  assert.ok(error instanceof esm.NotFoundError);
  assert.ok(error instanceof esm.AiusageError);
  assert.ok(!(error instanceof esm.UnavailableError));
  assert.ok(!(new cjs.AiusageError("any") instanceof esm.NotFoundError));
  for (const other of [null, undefined, "text", {}, new Error("other")]) {
    assert.ok(!((other as unknown) instanceof esm.AiusageError));
  }
});

test("instanceof holds for classes that an application derives", () => {
  class OwnError extends esm.NotFoundError {}
  assert.ok(new OwnError("own") instanceof OwnError);
  assert.ok(new OwnError("own") instanceof esm.NotFoundError);
  assert.ok(!((new esm.NotFoundError("not own") as unknown) instanceof OwnError));
});

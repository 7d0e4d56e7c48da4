/** Budgets, reservations and alerts on their way to the service and back. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { create, type DescEnum, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type BudgetCycle, Client, type NewBudgetAmount } from "aiusage";

import { alert } from "../src/alerts-from-proto.js";
import { budget, reservation } from "../src/budgets-from-proto.js";
import * as toProto from "../src/budgets-to-proto.js";
import type { Budget, BudgetField } from "../src/budgets.js";
import { budgetCheck } from "../src/from-proto.js";
import { AlertKind, AlertSchema } from "../src/gen/aiusage/v1/alert_service_pb.js";
import {
  type BudgetCycle as BudgetCycleProto,
  BudgetCycleSchema,
  BudgetSchema,
} from "../src/gen/aiusage/v1/budget_pb.js";
import { ReservationSchema } from "../src/gen/aiusage/v1/budget_service_pb.js";
import { CheckBudgetResponseSchema } from "../src/gen/aiusage/v1/usage_service_pb.js";
import { plannedCall } from "../src/to-proto.js";
import { usd } from "./fixtures.js";

const NOON = new Date("2026-11-22T12:00:00.000Z");
const BUDGET: Budget = {
  budgetId: "team-a",
  displayName: "Team A",
  scope: {
    userId: "user-1",
    eachUser: true,
    feature: "chat",
    provider: "openai",
    model: "gpt-4o",
    jobId: "job-1",
    tags: { plan: "pro" },
  },
  period: { cycle: "month", anchorDay: 15, rollingDays: 0, timeZone: "Asia/Kathmandu" },
  limit: { cost: usd("12.50") },
  enforcement: "SOFT",
  thresholdPercents: [50, 100],
  activeFromTime: NOON,
  activeToTime: new Date("2026-12-22T12:00:00.000Z"),
  replacesBudgetId: "each-user",
  state: "UNSPECIFIED",
  etag: "17",
  createTime: undefined,
  updateTime: undefined,
};
const SMALL = { period: { cycle: "day" as const }, limit: { requests: 1 } };

test("a budget comes back as it went", () => {
  const sent = toProto.budget({ ...BUDGET });
  const read = fromBinary(BudgetSchema, toBinary(BudgetSchema, sent));
  assert.deepEqual(budget(read), BUDGET);
});

const amounts: [NewBudgetAmount, NewBudgetAmount][] = [
  [{ cost: "0" }, { cost: usd("0") }],
  [{ cost: usd("-0.000000000000000001") }, { cost: usd("-0.000000000000000001") }],
  [{ tokens: 10n ** 18n }, { tokens: 10n ** 18n }],
  [{ tokens: 0 }, { tokens: 0n }],
  [{ requests: 0n }, { requests: 0n }],
  [{ requests: 3, tokens: undefined }, { requests: 3n }],
];

for (const [given, read] of amounts) {
  test(`an amount comes back: ${Object.entries(read).flat().join(" ")}`, () => {
    assert.deepEqual(budget(toProto.budget({ ...SMALL, limit: given })).limit, read);
  });
}

test("an amount is of one thing, and exact", () => {
  const sendLimit = (limit: object) => () => toProto.budget({ ...SMALL, limit });
  assert.throws(sendLimit({ cost: "1", tokens: 1 }), /not cost and tokens/);
  assert.throws(sendLimit({}), /not none/);
  assert.throws(sendLimit({ dollars: "1" }), /not dollars/);
  assert.throws(sendLimit({ cost: 0.1 }), /pass a decimal string/);
  assert.throws(sendLimit({ tokens: 0.5 }), /tokens must be a bigint or a safe integer/);
});

test("a cycle is one of the words", () => {
  for (const cycle of ["year", "MONTH"] as unknown as BudgetCycle[]) {
    const send = () => toProto.budget({ ...SMALL, period: { cycle } });
    assert.throws(send, new RegExp(`one of day, week, .*, rolling_days, is "${cycle}"`));
  }
  const newer = create(BudgetSchema, {
    period: { cycle: 99 as BudgetCycleProto },
    limit: { amount: { case: "tokens", value: 1n } },
  });
  assert.equal(budget(newer).period.cycle, "unspecified");
});

test("the cycles are those of the proto", () => {
  const words: Record<BudgetCycle, true> = {
    unspecified: true,
    day: true,
    week: true,
    month: true,
    quarter: true,
    lifetime: true,
    rolling_days: true,
  };
  assert.deepEqual(Object.keys(words), names(BudgetCycleSchema));
});

function names({ values, sharedPrefix = "" }: DescEnum): string[] {
  return values.map(({ name }) => name.toLowerCase().replace(sharedPrefix, ""));
}

test("a new budget has its id before the first try", () => {
  assert.match(toProto.newBudget(SMALL).budgetId, /^[0-9a-f-]{36}$/);
  assert.equal(toProto.newBudget(BUDGET).budgetId, "team-a");
});

test("an update names its fields as the service does", () => {
  const mask = toProto.updateMask(["limit", "thresholdPercents"]);
  assert.deepEqual(mask.paths, ["limit", "threshold_percents"]);
  const misspelt = "limits" as BudgetField;
  assert.throws(() => toProto.updateMask([misspelt]), /Budget has no limits/);
});

test("a misspelt field is no field", async () => {
  const misspelt: object = { modle: "gpt-4o" };
  assert.throws(() => toProto.budget({ ...SMALL, ...misspelt }), /Budget has no modle/);
  assert.throws(
    () => toProto.budget({ ...SMALL, scope: { ...misspelt } }),
    /BudgetScope has no modle/,
  );
  assert.throws(() => plannedCall({ userId: "user-1", ...misspelt }), /PlannedCall has no modle/);
  const client = new Client({ address: "http://127.0.0.1:1", apiKey: "aiusage_any" });
  await assert.rejects(client.checkBudget("user-1", { ...misspelt }), /PlannedCall has no modle/);
  const reserving = client.reserve({ userId: "user-1", amount: "1", ...misspelt });
  await assert.rejects(reserving, /PlannedCall has no modle/);
});

test("a check without any limit of costs", () => {
  const amount = { amount: { case: "tokens", value: 5n } } as const;
  const range = { startTime: {}, endTime: {} };
  const status = {
    budget: { limit: amount, period: {} },
    period: range,
    used: amount,
    reserved: amount,
    remaining: amount,
    burnRatePerDay: "0.5",
    exhaustionTime: { seconds: 1n },
  };
  const message = { allowed: true, budgets: [status] };
  const check = budgetCheck(create(CheckBudgetResponseSchema, message));
  const { spent, limit, remaining, percentUsed, estimatedCost, budgets } = check;
  for (const absent of [spent, limit, remaining, percentUsed, estimatedCost, check.range]) {
    assert.equal(absent, undefined);
  }
  assert.deepEqual(budgets[0]?.used, { tokens: 5n });
  assert.equal(budgets[0].burnRatePerDay, "0.5");
  assert.equal(budgets[0].exhaustionTime?.getTime(), 1000);
  assert.equal(budgets[0].percentUsed, undefined);
});

test("an alert about a model has no budget", () => {
  const { kind, ...read } = alert(
    create(AlertSchema, { alertId: "1", kind: AlertKind.UNPRICED_USAGE, createTime: {} }),
  );
  assert.equal(kind, "UNPRICED_USAGE");
  for (const absent of [read.period, read.used, read.limit, read.acknowledgeTime]) {
    assert.equal(absent, undefined);
  }
  assert.ok(!("$typeName" in read));
});

test("a reservation that ended", () => {
  const message = {
    reservationId: "reservation-1",
    state: 2,
    amount: usd("0.10"),
    tokens: 7n,
    budgetIds: ["a", "b"],
    createTime: {},
    expireTime: {},
    endTime: { seconds: 1n },
    recordId: "record-1",
  };
  const { state, amount, endTime, budgetIds } = reservation(create(ReservationSchema, message));
  assert.deepEqual([state, amount, endTime], ["SETTLED", usd("0.10"), new Date(1000)]);
  assert.deepEqual(budgetIds, ["a", "b"]);
});

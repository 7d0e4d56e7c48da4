/** What becomes of a reservation, with a service that plays a part. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { beforeEach, test } from "node:test";

import { BudgetExceededError, type Client, UnavailableError } from "aiusage";

import { fakeService } from "./fake.js";
import { usd } from "./fixtures.js";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;
const EXPECTED = { inputTokens: 1000, outputTokens: 500 };
const { fake, newClient } = await fakeService();
let client: Client;

class OwnError extends Error {}

beforeEach(() => {
  // Retries of one test must not weigh on the next.
  client = newClient();
  fake.requests.length = 0;
  fake.refusal = undefined;
  for (const name of Object.keys(fake.failures)) delete fake.failures[name];
});

test("a record settles it", async () => {
  const call = {
    userId: "user-1",
    feature: "chat",
    provider: "openai",
    model: "gpt-4o",
    jobId: "job-1",
    tags: { plan: "pro" },
    priceContext: { service_tier: "flex" },
    expectedUsage: EXPECTED,
  };
  const reservation = await client.reserve(call);
  await reservation.record({ usage: { inputTokens: 1 }, feature: "search", latencyMs: 1000 });
  await reservation[Symbol.asyncDispose]();
  assert.deepEqual(fake.names, ["reserveBudget", "recordUsage"]);
  const [reserved, { record }] = fake.requests.map(({ request }) => request);
  assert.equal(reserved.call.expectedUsage.inputTokens, 1000n);
  assert.equal(reserved.amount, undefined);
  assert.equal(reserved.reservationId, reservation.reservationId);
  assert.equal(record.reservationId, reservation.reservationId);
  assert.deepEqual([record.userId, record.provider, record.model], ["user-1", "openai", "gpt-4o"]);
  assert.deepEqual([record.jobId, record.tags], ["job-1", { plan: "pro" }]);
  assert.deepEqual(record.priceContext, { service_tier: "flex" });
  assert.deepEqual([record.feature, record.usage.inputTokens], ["search", 1n]);
  assert.equal(record.latency.seconds, 1n);
});

test("without a record it is given back", async () => {
  const answer = await client.withReservation({ userId: "user-1", amount: "1" }, async () => 7);
  assert.equal(answer, 7);
  assert.deepEqual(fake.names, ["reserveBudget", "cancelReservation"]);
  const [reserved, cancelled] = fake.requests.map(({ request }) => request);
  assert.equal(cancelled.reservationId, reserved.reservationId);
});

test("an exception gives it back and comes through", async () => {
  const call = client.withReservation({ userId: "user-1", amount: "1" }, async () => {
    throw new OwnError("the model is away");
  });
  await assert.rejects(call, OwnError);
  assert.deepEqual(fake.names, ["reserveBudget", "cancelReservation"]);
});

test("await using gives it back", async () => {
  const call = async () => {
    await using _reservation = await client.reserve({ userId: "user-1", amount: "1" });
    throw new OwnError("the model is away");
  };
  await assert.rejects(call(), OwnError);
  assert.deepEqual(fake.names, ["reserveBudget", "cancelReservation"]);
});

test("an exception is not hidden by a failing cancel", async () => {
  fake.failures["cancelReservation"] = 100;
  const warned = once(process, "warning");
  let reservationId = "";
  const call = client.withReservation({ userId: "user-1", amount: "1" }, async (reservation) => {
    ({ reservationId } = reservation);
    throw new OwnError("the model is away");
  });
  await assert.rejects(call, OwnError);
  const [warning] = await warned;
  assert.equal(warning.name, "AiusageWarning");
  assert.match(warning.message, new RegExp(`${reservationId} could not be given back`));
});

test("a call whose record failed stays reserved", async () => {
  fake.failures["recordUsage"] = 100;
  const call = client.withReservation({ userId: "user-1", amount: "1" }, (reservation) =>
    reservation.record({ model: "gpt-4o", usage: EXPECTED }),
  );
  await assert.rejects(call, (error) => error instanceof UnavailableError);
  assert.ok(!fake.names.includes("cancelReservation"));
});

test("a record that is tried again counts once", async () => {
  const reservation = await client.reserve({ userId: "user-1", model: "gpt-4o", amount: "1" });
  fake.failures["recordUsage"] = 4;
  await assert.rejects(reservation.record({ usage: EXPECTED }));
  const { recordId } = await reservation.record({ usage: EXPECTED });
  const tried = new Set(fake.requests.slice(1).map(({ request }) => request.record.recordId));
  assert.deepEqual([...tried], [recordId]);
  assert.notEqual((await reservation.record({ usage: EXPECTED })).recordId, recordId);
});

test("a wrong record is no record", async () => {
  const reportedCost = 0.1 as unknown as string;
  const call = client.withReservation({ userId: "user-1", amount: "1" }, (reservation) =>
    reservation.record({ reportedCost }),
  );
  await assert.rejects(call, TypeError);
  assert.deepEqual(fake.names, ["reserveBudget", "cancelReservation"]);
});

test("it is cancelled once", async () => {
  const cancel = { userId: "user-1", amount: "1" };
  await client.withReservation(cancel, (reservation) => reservation.cancel());
  assert.deepEqual(fake.names, ["reserveBudget", "cancelReservation"]);
});

test("a long call extends it", async () => {
  const reservation = await client.reserve({ userId: "user-1", amount: "1", leaseMs: 60_000 });
  await reservation.extend({ leaseMs: 3_600_000 });
  assert.equal(reservation.reservation.expireTime.getTime(), 60_000);
  await reservation.extend();
  const leases = fake.requests.map(({ request }) => request.lease?.seconds);
  assert.deepEqual(leases, [60n, 3600n, undefined]);
});

const cost = (amount: string) => ({ amount: { case: "cost", value: usd(amount) } as const });
const refusal = {
  budgetId: "team-a",
  userId: "user-1",
  limit: cost("10"),
  used: cost("8.5"),
  reserved: cost("1"),
  requested: cost("2"),
  period: { startTime: {}, endTime: { seconds: 60n } },
};

test("a refusal is an error with its numbers", async () => {
  fake.refusal = refusal;
  await assert.rejects(client.reserve({ userId: "user-1", amount: "2" }), (error) => {
    assert.ok(error instanceof BudgetExceededError);
    assert.deepEqual([error.budgetId, error.userId], ["team-a", "user-1"]);
    assert.deepEqual([error.limit, error.used], [{ cost: usd("10") }, { cost: usd("8.5") }]);
    assert.deepEqual(error.reserved, { cost: usd("1") });
    assert.deepEqual(error.requested, { cost: usd("2") });
    assert.equal(error.period.endTime.getTime(), 60_000);
    assert.equal(error.reason, "BUDGET_EXCEEDED");
    assert.equal(
      error.message,
      "budget team-a of user user-1 has no room for 2 USD: of 10 USD, 8.5 USD are used and " +
        "1 USD are reserved, in the period until 1970-01-01T00:01:00.000Z",
    );
    return true;
  });
  assert.deepEqual(fake.names, ["reserveBudget"]);
});

test("a refusal is an answer where the caller decides", async () => {
  fake.refusal = refusal;
  const admission = await client.reserveBudget({ userId: "user-1", amount: "2" });
  assert.equal(admission.admitted, false);
  assert.deepEqual(admission.refusal?.requested, { cost: usd("2") });
});

test("a retry has the same id", async () => {
  fake.failures["reserveBudget"] = 2;
  const { reservationId } = await client.reserve({ userId: "user-1", amount: "1" });
  const ids = fake.requests.map(({ request }) => request.reservationId);
  assert.deepEqual(ids, [reservationId, reservationId, reservationId]);
  assert.match(reservationId, UUID_V7);
});

test("what would be made twice is not repeated", async () => {
  fake.failures["createWebhook"] = 1;
  const webhook = client.createWebhook("https://a.example");
  await assert.rejects(webhook, (error) => error instanceof UnavailableError);
  fake.failures["createBudget"] = 1;
  const budget = await client.createBudget({ period: { cycle: "day" }, limit: { requests: 1 } });
  assert.deepEqual(fake.names, ["createWebhook", "createBudget", "createBudget"]);
  const ids = fake.requests.slice(1).map(({ request }) => request.budget.budgetId);
  assert.deepEqual(ids, [budget.budgetId, budget.budgetId]);
});

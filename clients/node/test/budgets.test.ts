/** Budgets, reservations and alerts with a real server. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import {
  type Alert,
  AiusageError,
  BudgetExceededError,
  type BudgetPeriod,
  InvalidArgumentError,
  type NewBudget,
  type NewBudgetAmount,
  newRecordId,
  NotFoundError,
} from "aiusage";

import { gpt4oCall, newUser, testClient, usd } from "./fixtures.js";

const client = testClient();

/** Costs $0.0075 with gpt-4o. */
const USAGE = { inputTokens: 1000, outputTokens: 500 };
const GPT_4O = { provider: "openai", model: "gpt-4o" };

const cost = (amount: string) => ({ cost: usd(amount) });

function budgetOf(userId: string, limit: string | NewBudgetAmount, more: Partial<NewBudget> = {}) {
  const amount = typeof limit === "string" ? { cost: limit } : limit;
  return { scope: { userId }, period: { cycle: "month" as const }, limit: amount, ...more };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const read: Item[] = [];
  for await (const item of items) read.push(item);
  return read;
}

async function statusOf(budgetId: string) {
  const [status] = await all(client.budgetStatuses({ budgetId }));
  assert.ok(status);
  return status;
}

async function failsWith(reason: string, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof AiusageError);
    assert.equal(error.reason, reason);
    return true;
  });
}

test("the life of a budget", async () => {
  const userId = newUser();
  const asked: NewBudget = {
    budgetId: `month-${randomUUID()}`,
    displayName: "The month of one user",
    scope: { userId, feature: "chat", tags: { plan: "pro" } },
    period: { cycle: "month", anchorDay: 15, timeZone: "Asia/Kathmandu" },
    limit: { cost: "10" },
    enforcement: "SOFT",
    thresholdPercents: [90],
  };
  const made = await client.createBudget(asked);
  assert.equal(made.state, "ACTIVE");
  assert.ok(made.etag);
  assert.ok(made.createTime);
  assert.deepEqual(made.limit, cost("10"));
  assert.deepEqual(made.period, { ...asked.period, rollingDays: 0 });
  assert.deepEqual([made.enforcement, made.thresholdPercents], ["SOFT", [90]]);
  assert.deepEqual(await client.getBudget(made.budgetId), made);
  assert.deepEqual(await all(client.listBudgets({ userId })), [made]);
  await failsWith("BUDGET_EXISTS", client.createBudget(asked));

  const changed = { ...made, limit: { cost: "20" }, displayName: "Not named below" };
  const raised = await client.updateBudget(changed, { fields: ["limit"] });
  assert.deepEqual([raised.limit, raised.displayName], [cost("20"), made.displayName]);
  await failsWith("ETAG_MISMATCH", client.updateBudget(changed, { fields: ["limit"] }));

  await client.deleteBudget(made.budgetId, { etag: raised.etag });
  await assert.rejects(client.getBudget(made.budgetId), (error) => {
    assert.ok(error instanceof NotFoundError);
    assert.equal(error.reason, "BUDGET_NOT_FOUND");
    return true;
  });
});

const periods: BudgetPeriod[] = [
  { cycle: "day" },
  { cycle: "week", anchorDay: 3 },
  { cycle: "month" },
  { cycle: "quarter", anchorDay: 31, timeZone: "Europe/Berlin" },
  { cycle: "lifetime" },
  { cycle: "rolling_days", rollingDays: 30 },
];

for (const period of periods) {
  test(`a period of kind ${period.cycle}`, async () => {
    const userId = newUser();
    const made = await client.createBudget(budgetOf(userId, "0.001", { period }));
    assert.equal(made.period.cycle, period.cycle);
    const status = await statusOf(made.budgetId);
    assert.ok(status.period.startTime <= new Date() && new Date() <= status.period.endTime);
    await assert.rejects(client.reserve({ userId, amount: "1" }), (error) => {
      assert.ok(error instanceof BudgetExceededError);
      assert.deepEqual(error.period, status.period);
      return true;
    });
  });
}

test("only asking makes nothing", async () => {
  const userId = newUser();
  const said = await client.createBudget(budgetOf(userId, "1"), { validateOnly: true });
  assert.deepEqual(said.limit, cost("1"));
  assert.deepEqual(await all(client.listBudgets({ userId })), []);
  const wrong = client.createBudget(budgetOf(userId, "-1"), { validateOnly: true });
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ["budget.limit.cost"],
    );
    return true;
  });
});

test("how budgets stand", async () => {
  const userId = newUser();
  await client.recordUsage(gpt4oCall(userId));
  const made = await client.createBudget(budgetOf(userId, "0.01"));
  const tokens = await client.createBudget(budgetOf(userId, { tokens: 2000 }));
  await client.reserveBudget({ userId, amount: "0.001" });

  const status = await statusOf(made.budgetId);
  assert.deepEqual(status.budget, made);
  assert.deepEqual([status.used, status.reserved], [cost("0.0075"), cost("0.001")]);
  assert.deepEqual([status.remaining, status.percentUsed], [cost("0.0015"), "75"]);
  assert.ok(Number(status.burnRatePerDay) > 0);
  assert.ok(status.allowed);
  assert.deepEqual((await statusOf(tokens.budgetId)).used, { tokens: 1500n });
  const oneByOne = await all(client.budgetStatuses({ userId, pageSize: 1 }));
  const ours = oneByOne.filter(({ budget }) => budget.scope.userId === userId);
  assert.deepEqual(
    ours.map(({ budget }) => budget.budgetId).sort(),
    [made.budgetId, tokens.budgetId].sort(),
  );
});

test("a check looks at budgets", async () => {
  const userId = newUser();
  const unlimited = await client.checkBudget(userId);
  assert.ok(unlimited.allowed);
  assert.deepEqual([unlimited.spent, unlimited.limit], [undefined, undefined]);
  const made = await client.createBudget(budgetOf(userId, "0.01"));
  await client.recordUsage(gpt4oCall(userId));

  const check = await client.checkBudget(userId, { ...GPT_4O, expectedUsage: USAGE });
  assert.equal(check.allowed, false);
  assert.deepEqual(check.estimatedCost, usd("0.0075"));
  assert.deepEqual([check.spent, check.limit], [usd("0.0075"), usd("0.01")]);
  assert.deepEqual(check.remaining, usd("0.0025"));
  assert.deepEqual(check.budgets[0]?.budget, made);
  assert.equal(check.budgets[0].allowed, false);
  assert.ok((await client.checkBudget(userId, { estimatedCost: "0.0025" })).allowed);
});

test("a record settles a reservation", async () => {
  const userId = newUser();
  const made = await client.createBudget(budgetOf(userId, "0.01"));
  const call = { userId, ...GPT_4O, expectedUsage: USAGE };
  const [reservationId, receipt] = await client.withReservation(call, async (reservation) => {
    const { amount, tokens, budgetIds, state } = reservation.reservation;
    assert.deepEqual([amount, tokens], [usd("0.0075"), 1500n]);
    assert.deepEqual([budgetIds, state], [[made.budgetId], "HELD"]);
    const usage = { inputTokens: 1000, outputTokens: 0 };
    return [reservation.reservationId, await reservation.record({ usage })] as const;
  });
  assert.deepEqual(receipt.cost, usd("0.0025"));
  const settled = await client.getReservation(reservationId);
  assert.deepEqual([settled.state, settled.recordId], ["SETTLED", receipt.recordId]);
  assert.ok(settled.endTime);
  const { used, reserved } = await statusOf(made.budgetId);
  assert.deepEqual([used, reserved], [cost("0.0025"), cost("0")]);
});

test("an exception gives a reservation back", async () => {
  const userId = newUser();
  const made = await client.createBudget(budgetOf(userId, "0.01"));
  let reservationId = "";
  const call = client.withReservation({ userId, amount: "0.01" }, async (reservation) => {
    ({ reservationId } = reservation);
    throw new RangeError("the model is away");
  });
  await assert.rejects(call, RangeError);
  assert.equal((await client.getReservation(reservationId)).state, "CANCELLED");
  assert.deepEqual((await statusOf(made.budgetId)).reserved, cost("0"));
});

test("a refusal has its numbers", async () => {
  const userId = newUser();
  const made = await client.createBudget(budgetOf(userId, "0.01"));
  await client.recordUsage(gpt4oCall(userId));
  await client.reserve({ userId, amount: "0.001" });
  await assert.rejects(client.reserve({ userId, amount: "0.0016" }), (error) => {
    assert.ok(error instanceof BudgetExceededError);
    assert.deepEqual([error.budgetId, error.userId], [made.budgetId, ""]);
    assert.deepEqual([error.limit, error.used], [cost("0.01"), cost("0.0075")]);
    assert.deepEqual([error.reserved, error.requested], [cost("0.001"), cost("0.0016")]);
    assert.ok(error.period.startTime < new Date() && new Date() < error.period.endTime);
    assert.ok(error.message.includes(made.budgetId));
    return true;
  });
});

test("many at once stay inside", async () => {
  const userId = newUser();
  const made = await client.createBudget(budgetOf(userId, "0.05"));
  const reserve = () => client.reserveBudget({ userId, amount: "0.01", timeoutMs: 30_000 });
  const admissions = await Promise.all(Array.from({ length: 16 }, reserve));
  assert.equal(admissions.filter(({ admitted }) => admitted).length, 5);
  const { reserved, remaining } = await statusOf(made.budgetId);
  assert.deepEqual([reserved, remaining], [cost("0.05"), cost("0")]);
});

test("a retry reserves once", async () => {
  const userId = newUser();
  const made = await client.createBudget(budgetOf(userId, "0.01"));
  const asked = { userId, amount: "0.004", reservationId: newRecordId() };
  const first = await client.reserveBudget(asked);
  assert.deepEqual(await client.reserveBudget(asked), first);
  assert.equal(first.reservation.reservationId, asked.reservationId);
  assert.deepEqual((await statusOf(made.budgetId)).reserved, cost("0.004"));
  await failsWith("RESERVATION_ID_REUSED", client.reserveBudget({ ...asked, amount: "0.005" }));
});

test("a lease is extended until it ends", async () => {
  const userId = newUser();
  const reservation = await client.reserve({ userId, amount: "1", leaseMs: 60_000 });
  const { createTime, expireTime } = reservation.reservation;
  assert.ok(Math.abs(expireTime.getTime() - createTime.getTime() - 60_000) <= 1);
  assert.ok((await reservation.extend({ leaseMs: 3_600_000 })).expireTime > expireTime);
  assert.equal((await reservation.cancel()).state, "CANCELLED");
  await failsWith("RESERVATION_ENDED", reservation.extend());
  await failsWith("RESERVATION_NOT_FOUND", client.cancelReservation(newRecordId()));
});

test("what has no price cannot be reserved", async () => {
  const userId = newUser();
  const call = { userId, model: `of-${userId}`, expectedUsage: USAGE };
  await failsWith("PRICE_NOT_FOUND", client.reserve(call));
});

/** They come a moment after what they are about. */
async function alertsOf(budgetId: string, count: number): Promise<Alert[]> {
  for (const giveUp = Date.now() + 20_000; ; await sleep(100)) {
    const alerts = await all(client.listAlerts({ budgetId }));
    if (alerts.length >= count || Date.now() > giveUp) return alerts;
  }
}

test("alerts", async () => {
  const userId = newUser();
  const thresholdPercents = [50, 100];
  const { budgetId } = await client.createBudget(budgetOf(userId, "0.01", { thresholdPercents }));
  await client.recordUsage(gpt4oCall(userId));
  const [half] = await alertsOf(budgetId, 1);
  assert.deepEqual([half?.kind, half?.thresholdPercent], ["THRESHOLD", 50]);
  assert.deepEqual([half!.used, half!.limit], [cost("0.0075"), cost("0.01")]);
  assert.ok(half!.period);
  await client.recordUsage(gpt4oCall(userId));
  const [exhausted] = await alertsOf(budgetId, 2);
  assert.deepEqual([exhausted?.kind, exhausted?.thresholdPercent], ["EXHAUSTED", 100]);

  const seen = await client.acknowledgeAlert(half!.alertId);
  assert.ok(seen.acknowledgeTime);
  assert.deepEqual(await client.acknowledgeAlert(half!.alertId), seen);
  const open = await all(client.listAlerts({ budgetId, unacknowledgedOnly: true }));
  assert.deepEqual(open, [exhausted]);
  assert.deepEqual(await all(client.listAlerts({ budgetId, kind: "THRESHOLD" })), [seen]);
  await failsWith("ALERT_NOT_FOUND", client.acknowledgeAlert(newRecordId()));
});

test("alerts as they come", async () => {
  const userId = newUser();
  const exhaust = async () => {
    const asked = budgetOf(userId, "0.001", { thresholdPercents: [100] });
    const { budgetId } = await client.createBudget(asked);
    await client.recordUsage(gpt4oCall(userId));
    return budgetId;
  };
  const signal = AbortSignal.timeout(60_000);
  const next = async (watch: AsyncIterable<Alert>, budgetId: string): Promise<Alert> => {
    for await (const alert of watch) if (alert.budgetId === budgetId) return alert;
    throw new Error("the watch ended");
  };
  const firstId = await exhaust();
  const watch = client.watchAlerts({ signal });
  const first = await next(watch, firstId);
  assert.equal(first.kind, "EXHAUSTED");
  await next(watch, await exhaust());
  await client.acknowledgeAlert(first.alertId);
  const later = client.watchAlerts({ signal, resumeToken: watch.resumeToken });
  assert.ok((await next(later, firstId)).acknowledgeTime);
});

test("webhooks", async () => {
  const kinds = ["ANOMALY"] as const;
  const url = `https://hooks.example.com/${randomUUID()}`;
  assert.equal((await client.createWebhook(url, { kinds, validateOnly: true })).secret, "");
  const { webhook, secret } = await client.createWebhook(url, { kinds });
  assert.match(secret, /^whsec_/);
  assert.deepEqual([webhook.url, webhook.kinds], [url, ["ANOMALY"]]);
  const { webhookId } = webhook;
  const known = await client.listWebhooks();
  assert.deepEqual(
    known.find((each) => each.webhookId === webhookId),
    webhook,
  );
  assert.deepEqual(await all(client.listWebhookDeliveries(webhookId, { state: "DEAD" })), []);
  assert.equal(await client.replayWebhook(webhookId), 0n);
  await client.deleteWebhook(webhookId);
  await failsWith("WEBHOOK_NOT_FOUND", client.deleteWebhook(webhookId));
});

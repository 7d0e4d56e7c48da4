/** The questions about cost, budgets and prices with a real server. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { InvalidArgumentError, type ModelPrice, NotFoundError } from "aiusage";

import { aMomentOfOurOwn, gpt4oCall, newUser, testClient, usd } from "./fixtures.js";

const client = testClient();

test("user cost and its breakdowns", async () => {
  const userId = newUser();
  await client.recordUsage({ ...gpt4oCall(userId), feature: "chat" });
  await client.recordUsage({ ...gpt4oCall(userId), feature: "chat" });
  const small = { inputTokens: 1, outputTokens: 0 };
  await client.recordUsage({ ...gpt4oCall(userId), feature: "search", usage: small });
  const cost = await client.getUserCost(userId, { days: 2, timeZone: "Asia/Kathmandu" });
  assert.equal(cost.userId, userId);
  assert.equal(cost.timeZone, "Asia/Kathmandu");
  assert.deepEqual(cost.totals.cost, usd("0.0150025"));
  assert.equal(cost.totals.requestCount, 3n);
  assert.equal(cost.totals.inputTokens, 2001n);
  const byFeature = cost.byFeature.map(({ key, totals }) => [key, totals.cost.amount]);
  assert.deepEqual(byFeature, [
    ["chat", "0.015"],
    ["search", "0.0000025"],
  ]);
  assert.deepEqual(
    cost.byModel.map(({ key }) => key),
    ["gpt-4o"],
  );
});

test("user cost of a range", async () => {
  const [userId, moment] = [newUser(), aMomentOfOurOwn()];
  await client.recordUsage({ ...gpt4oCall(userId), eventTime: moment.startTime });
  await client.recordUsage({ ...gpt4oCall(userId), eventTime: moment.endTime });
  const cost = await client.getUserCost(userId, { range: moment });
  assert.deepEqual(cost.totals.cost, usd("0.0075"));
  assert.deepEqual(cost.range, moment);
});

test("a user without records costs nothing", async () => {
  const cost = await client.getUserCost(newUser(), { month: "2026-01" });
  assert.deepEqual(cost.totals.cost, usd("0"));
  assert.deepEqual(cost.byDay, []);
});

const budgets = [
  { limit: "0.01", allowed: true, overBudget: false, remaining: "0.0025", percentUsed: "75" },
  {
    limit: "0.01",
    estimatedCost: "0.0026",
    allowed: false,
    overBudget: false,
    remaining: "0.0025",
    percentUsed: "75",
  },
  { limit: "0.005", allowed: false, overBudget: true, remaining: "-0.0025", percentUsed: "150" },
  { limit: "0", allowed: false, overBudget: true, remaining: "-0.0075", percentUsed: undefined },
];

for (const { limit, estimatedCost, remaining, ...expected } of budgets) {
  test(`a budget of ${limit} with an estimate of ${estimatedCost}`, async () => {
    const userId = newUser();
    await client.recordUsage(gpt4oCall(userId));
    const asked = { limit, ...(estimatedCost && { estimatedCost }) };
    const { range: _, ...status } = await client.checkBudget(userId, asked);
    assert.deepEqual(status, {
      ...expected,
      spent: usd("0.0075"),
      limit: usd(limit),
      remaining: usd(remaining),
      timeZone: "UTC",
      unpricedCount: 0n,
      partialCount: 0n,
      budgets: [],
      estimatedCost: estimatedCost && usd(estimatedCost),
    });
  });
}

test("a bad limit is a violation", async () => {
  await assert.rejects(client.checkBudget(newUser(), { limit: "ten" }), (error) => {
    assert.ok(error instanceof InvalidArgumentError);
    assert.equal(error.reason, "INVALID_FIELDS");
    return true;
  });
});

test("cau of a range", async () => {
  const [userId, moment] = [newUser(), aMomentOfOurOwn()];
  for (const user of [`${userId}-1`, `${userId}-1`, `${userId}-2`]) {
    await client.recordUsage({ ...gpt4oCall(user), eventTime: moment.startTime });
  }
  const [window] = await client.getCau({ ranges: [moment] });
  assert.deepEqual(window?.range, moment);
  assert.equal(window.activeUserCount, 2n);
  assert.deepEqual(window.totalCost, usd("0.0225"));
  assert.deepEqual(window.costPerActiveUser, usd("0.01125"));
});

test("cau windows come in the order asked", async () => {
  await client.recordUsage(gpt4oCall(newUser()));
  const windows = await client.getCau({ days: [90, 7], ranges: [aMomentOfOurOwn()] });
  assert.deepEqual(
    windows.map(({ days }) => days),
    [90, 7, 0],
  );
  assert.ok((windows[1]?.activeUserCount ?? 0n) >= 1n);
});

test("the price of a model", async () => {
  const { price, resolvedBy } = await client.getPrice("gpt-4o", { provider: "openai" });
  assert.deepEqual([price.provider, price.model], ["openai", "gpt-4o"]);
  assert.ok(resolvedBy);
  const rate = price.rates.find(({ meter }) => meter === "input_tokens");
  assert.deepEqual([rate?.price.amount, rate?.per], ["2.5", 1_000_000n]);
});

test("a model without price is not found", async () => {
  await assert.rejects(client.getPrice("gpt-99", { provider: "openai" }), (error) => {
    assert.ok(error instanceof NotFoundError);
    assert.equal(error.reason, "PRICE_NOT_FOUND");
    assert.equal(error.metadata["model"], "gpt-99");
    return true;
  });
});

test("prices are the same over any number of pages", async () => {
  const read = async (pageSize: number) => {
    const prices: ModelPrice[] = [];
    const options = { provider: "openai", modelContains: "GPT-4O", pageSize };
    for await (const price of client.listPrices(options)) prices.push(price);
    return prices;
  };
  const inOne = await read(1000);
  assert.deepEqual(await read(1), inOne);
  assert.ok(inOne.length > 1);
  assert.ok(inOne.some(({ model }) => model === "gpt-4o"));
});

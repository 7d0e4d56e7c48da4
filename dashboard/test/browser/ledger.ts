/** What the tests have in the ledger: 40 days of a small application. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { BudgetCycle } from "proto/budget_pb.js";
import { BudgetService } from "proto/budget_service_pb.js";
import { type UsageRecordSchema, UsageService } from "proto/usage_service_pb.js";
import { UserService } from "proto/user_service_pb.js";

import { type Service, call } from "./call";

const DAYS = 40;
const DAY_MS = 86_400_000;
const AT_ONCE = 24;

const USERS = ["ada", "grace@example.org", "linus", "user/with?odd#signs"];
const CALLS = [
  { feature: "chat", provider: "openai", model: "gpt-4o" },
  { feature: "search", provider: "openai", model: "gpt-4o-mini" },
  { feature: "summaries", provider: "anthropic", model: "claude-sonnet-4-5" },
  { feature: "chat", provider: "acme", model: "house-model" },
] as const;

type Record = MessageInitShape<typeof UsageRecordSchema>;

/** Every nth of a kind differs, so that each page has something of everything. */
function recordOf(index: number, now: number): Record {
  const day = index % DAYS;
  const failed = index % 11 === 0;
  const ms = 300 + ((index * 37) % 4000);
  return {
    ...CALLS[index % 9 === 8 ? 3 : index % 3],
    userId: USERS[index % USERS.length]!,
    functionName: index % 2 === 0 ? "answer" : "rank",
    sessionId: `session-${index % 6}`,
    jobId: index % 5 === 0 ? "nightly-1" : "",
    eventTime: timestampFromMs(now - day * DAY_MS - (index % 7) * 60_000),
    usage: {
      inputTokens: BigInt(1000 + index * 13),
      outputTokens: BigInt(200 + index * 7),
      cacheReadTokens: BigInt(index * 3),
    },
    latency: { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 },
    timeToFirstToken: { seconds: 0n, nanos: 200_000_000 },
    status: failed ? "timeout" : "success",
    errorMessage: failed ? "the model took too long" : "",
    cachedResponse: index % 13 === 5,
    tags: { team: index % 2 === 0 ? "a" : "b" },
    requestMetadata: { route: "/ask" },
  };
}

/** Spending that ran away for a day. */
function runaway(now: number): Record {
  return {
    ...{ feature: "summaries", provider: "anthropic", model: "claude-sonnet-4-5" },
    userId: "linus",
    eventTime: timestampFromMs(now - 3 * DAY_MS),
    usage: { inputTokens: 2_000_000n, outputTokens: 100_000n },
  };
}

/** What people pay: one earns, one does not, and of the others nothing is known. */
const PAYING = [
  { userId: "ada", displayName: "Ada Lovelace", plan: "pro", revenue: "20", won: "35.5" },
  { userId: "linus", displayName: "", plan: "free", revenue: "0", won: "2" },
];

async function introduce(service: Service, now: number): Promise<void> {
  for (const { userId, displayName, plan, revenue, won } of PAYING) {
    const money = { monthlyRevenue: { amount: revenue }, acquisitionCost: { amount: won } };
    const signupTime = timestampFromMs(now - 60 * DAY_MS);
    const user = { userId, displayName, plan, signupTime, ...money };
    await call(service, UserService.method.upsertUser, { user });
  }
}

export async function fill(service: Service): Promise<void> {
  const now = Date.now();
  const records = Array.from({ length: 360 }, (_, index) => recordOf(index, now));
  records.push(runaway(now));
  while (records.length > 0) {
    const some = records.splice(0, AT_ONCE);
    await Promise.all(
      some.map((record) => call(service, UsageService.method.recordUsage, { record })),
    );
  }
  await introduce(service, now);
  const period = { cycle: BudgetCycle.MONTH };
  const team = { budgetId: "team-a", scope: { tags: { team: "a" } } };
  const each = { budgetId: "each-user", scope: { eachUser: true } };
  for (const budget of [team, each]) {
    const limit = { amount: { case: "cost" as const, value: { amount: "50" } } };
    await call(service, BudgetService.method.createBudget, {
      budget: { ...budget, period, limit },
    });
  }
}

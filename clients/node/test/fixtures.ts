import { randomUUID } from "node:crypto";
import { after } from "node:test";

import { Client, type TimeRange, type UsageRecord } from "aiusage";

/** A client of the server that the runner started, closed when the file is done. */
export function testClient(): Client {
  const client = new Client();
  after(() => client.close());
  return client;
}

/** A user that no other test knows. */
export function newUser(): string {
  return `user-${randomUUID()}`;
}

/** A call that costs $0.0075. */
export function gpt4oCall(userId: string): UsageRecord {
  const usage = { inputTokens: 1000, outputTokens: 500 };
  return { userId, provider: "openai", model: "gpt-4o", usage };
}

export function usd(amount: string) {
  return { amount, currencyCode: "USD" };
}

const DAY_MS = 86_400_000;

/** A millisecond of the last week in which no other test records anything. */
export function aMomentOfOurOwn(): TimeRange {
  const start = Date.now() - Math.floor(DAY_MS * (1 + 5 * Math.random()));
  return { startTime: new Date(start), endTime: new Date(start + 1) };
}

/** What a provider answers when a call failed, instead of a response or within its stream. */
import type { ResponseFacts } from "./facts.js";
import { get, text } from "./fields.js";

/** How a call ended that failed, and why. */
export type Failed = Pick<ResponseFacts, "status" | "errorMessage">;

const RATE_LIMITS: ReadonlySet<string> = new Set([
  "429",
  "insufficient_quota",
  "rate_limit_error",
  "rate_limit_exceeded",
  "rate_limited",
  "resource_exhausted",
  "too_many_requests",
]);
const TIMEOUTS: ReadonlySet<string> = new Set([
  "408",
  "504",
  "deadline_exceeded",
  "request_timeout",
  "timeout",
  "timeout_error",
]);

/**
 * The failure that a body or an event tells of: an object `error` with a word or a number for
 * its kind, as all providers write it; of Mistral, and in streams of OpenAI's responses, the
 * body itself.
 */
export function failureOf(body: object): Failed | undefined {
  const isError = text(body, "object") === "error" || text(body, "type") === "error";
  const error = get(body, "error") ?? (isError ? body : undefined);
  const code = get(error, "code");
  const words = [
    Number.isInteger(code) ? String(code) : text(error, "code"),
    text(error, "type"),
    text(error, "status"),
  ].filter((word) => word !== "" && word !== "error");
  if (words.length === 0) return undefined;
  const kind = words.find((word) => !/^\d+$/.test(word)) ?? words[0];
  const message = text(error, "message");
  return { status: statusOf(words), errorMessage: message ? `${kind}: ${message}` : (kind ?? "") };
}

function statusOf(words: readonly string[]): string {
  const isOneOf = (known: ReadonlySet<string>) =>
    words.some((word) => known.has(word.toLowerCase()));
  if (isOneOf(RATE_LIMITS)) return "rate_limited";
  return isOneOf(TIMEOUTS) ? "timeout" : "error";
}

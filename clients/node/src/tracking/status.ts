/** How a failed call is told apart, and what is kept of its error. */
export interface Failure {
  /** "error", "timeout", "rate_limited" or "cancelled". */
  readonly status: string;
  readonly message: string;
}

const CANCELLED_NAMES: ReadonlySet<string> = new Set([
  "AbortError",
  "APIUserAbortError",
  "RequestAbortedError",
]);
const LIMITED_NAMES: ReadonlySet<string> = new Set([
  "RateLimitError",
  "ServiceQuotaExceededException",
  "ThrottlingException",
  "TooManyRequestsError",
  "TooManyRequestsException",
]);
const TIMEOUT_NAMES: ReadonlySet<string> = new Set([
  "TimeoutError",
  "APIConnectionTimeoutError",
  "APITimeoutError",
  "ConnectTimeoutError",
  "HeadersTimeoutError",
  "BodyTimeoutError",
  "RequestTimeoutError",
  "CohereTimeoutError",
  "ModelTimeoutException",
]);
const TIMEOUT_CODES: ReadonlySet<unknown> = new Set([
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "ECONNABORTED",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);
const TIMEOUT_HTTP: ReadonlySet<unknown> = new Set([408, 504]);
const TOO_MANY_REQUESTS = 429;

/** SDKs wrap what really happened; deeper than this nobody does. */
const CAUSES_MAX = 4;

/** The status and the message of what was thrown, whichever SDK threw it. */
export function failureOf(thrown: unknown): Failure {
  try {
    return { status: statusOf(thrown), message: messageOf(thrown) };
  } catch {
    // Anything can be thrown, and the application is to get that, not an error of ours.
    return { status: "error", message: "what was thrown cannot be read" };
  }
}

function statusOf(thrown: unknown): string {
  let error = thrown;
  let found = "error";
  for (let depth = 0; depth < CAUSES_MAX && isObject(error); depth += 1) {
    const status = ownStatus(error);
    // An abort is often the way in which a timeout ends a call: its cause knows.
    if (status && status !== "cancelled") return status;
    found = status ?? found;
    // The AI SDK keeps the last try's error here.
    error = error["cause"] ?? error["lastError"];
  }
  // Cohere's SDK aborts its request with this word alone.
  return error === "timeout" ? "timeout" : found;
}

function ownStatus(error: Record<string, unknown>): string | undefined {
  const names = [error["name"], error.constructor?.name].map(String);
  const http = [error["status"], error["statusCode"], httpStatusOfAmazon(error)];
  if (http.includes(TOO_MANY_REQUESTS) || names.some((name) => LIMITED_NAMES.has(name))) {
    return "rate_limited";
  }
  if (names.some((name) => TIMEOUT_NAMES.has(name))) return "timeout";
  if (TIMEOUT_CODES.has(error["code"]) || http.some((code) => TIMEOUT_HTTP.has(code))) {
    return "timeout";
  }
  if (names.some((name) => CANCELLED_NAMES.has(name))) return "cancelled";
  return undefined;
}

function httpStatusOfAmazon({ $metadata }: Record<string, unknown>): unknown {
  return isObject($metadata) ? $metadata["httpStatusCode"] : undefined;
}

/** "RateLimitError: slow down". */
function messageOf(thrown: unknown): string {
  if (!isObject(thrown)) return String(thrown);
  const { message, name } = thrown;
  const className = [thrown.constructor?.name, name].find((word) => word && word !== "Error");
  return [className, message].filter(Boolean).map(String).join(": ") || "Error";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

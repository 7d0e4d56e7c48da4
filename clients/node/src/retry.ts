import { setTimeout as sleep } from "node:timers/promises";

import type { Interceptor } from "@connectrpc/connect";

import { type AiusageError, UnavailableError } from "./errors.js";
import { readError } from "./read-error.js";

/** Tries of one call, the first one included. */
export const ATTEMPTS_MAX = 4;
const INITIAL_DELAY_MS = 100;
const DELAY_FACTOR = 2;
const DELAY_MAX_MS = 1000;
const TOKENS_MAX = 10;
const TOKENS_FOR_SUCCESS = 0.1;

/** What the service asks for, or else longer and longer, spread a little. */
export function delayMs(error: AiusageError, failures: number, maxMs = DELAY_MAX_MS): number {
  if (error.retryDelayMs !== undefined) return error.retryDelayMs;
  const backoff = Math.min(INITIAL_DELAY_MS * DELAY_FACTOR ** (failures - 1), maxMs);
  return backoff * (0.8 + 0.4 * Math.random());
}

/** Keeps retries from weighing on a service in need, as gRPC's retry throttling does. */
export class RetryThrottle {
  #tokens = TOKENS_MAX;

  succeeded(): void {
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + TOKENS_FOR_SUCCESS);
  }

  /** Counts a failure; returns whether a retry is still welcome. */
  failed(): boolean {
    this.#tokens = Math.max(0, this.#tokens - 1);
    return this.#tokens > TOKENS_MAX / 2;
  }
}

/** The service makes the id: a repetition would make another destination. */
const NOT_REPEATABLE: ReadonlySet<string> = new Set(["CreateWebhook"]);

/**
 * Tries again while the service is unavailable, within the call's deadline.
 *
 * A call that is repeated changes nothing twice: records, reservations and budgets
 * carry ids that were made before the first try. Streams are left out: they are
 * opened again where they broke off.
 */
export function retryUnavailable(): Interceptor {
  const throttle = new RetryThrottle();
  return (next) => async (request) => {
    if (request.stream || NOT_REPEATABLE.has(request.method.name)) return next(request);
    for (let failures = 1; ; failures += 1) {
      try {
        const response = await next(request);
        throttle.succeeded();
        return response;
      } catch (failure) {
        const error = readError(failure, request.signal);
        const isUnavailable = error instanceof UnavailableError;
        if (!isUnavailable || !throttle.failed() || failures >= ATTEMPTS_MAX) throw failure;
        await sleep(delayMs(error, failures), undefined, { signal: request.signal });
      }
    }
  };
}

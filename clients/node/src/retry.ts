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
export function delayMs(error: AiusageError, failures: number): number {
  if (error.retryDelayMs !== undefined) return error.retryDelayMs;
  const backoff = Math.min(INITIAL_DELAY_MS * DELAY_FACTOR ** (failures - 1), DELAY_MAX_MS);
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

/**
 * Tries again while the service is unavailable, within the call's deadline.
 *
 * Every call is safe to repeat: questions change nothing, and a record carries its
 * recordId. Streams are left out: a batch sends again what was not answered.
 */
export function retryUnavailable(): Interceptor {
  const throttle = new RetryThrottle();
  return (next) => async (request) => {
    if (request.stream) return next(request);
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

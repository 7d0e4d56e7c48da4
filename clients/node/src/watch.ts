import { setTimeout as sleep } from "node:timers/promises";

import { alert } from "./alerts-from-proto.js";
import type { Alert } from "./alerts.js";
import { type AiusageError, UnavailableError } from "./errors.js";
import type { WatchAlertsResponse } from "./gen/aiusage/v1/alert_service_pb.js";
import { readError } from "./read-error.js";
import { ATTEMPTS_MAX, delayMs } from "./retry.js";

/** The longest time without a try, once the service has been there. */
const DELAY_MAX_MS = 10_000;

/** Opens the stream after a token; the signal ends it. */
export type OpenWatch = (
  resumeToken: string,
  signal: AbortSignal,
) => AsyncIterable<WatchAlertsResponse>;

/** Options of `watchAlerts`. */
export interface WatchAlertsOptions {
  /** Of an earlier watch, to go on after it. */
  resumeToken?: string;
  /** Ends the watch. */
  signal?: AbortSignal;
}

/**
 * Alerts as they come, until the watch is closed.
 *
 * Goes on by itself where a connection broke. Begins with the alerts that nobody has
 * acknowledged, or after the resumeToken of an earlier watch.
 */
export class AlertWatch implements AsyncIterable<Alert>, AsyncDisposable {
  readonly #open: OpenWatch;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #resumeToken: string;
  #failures = 0;
  #wasThere = false;

  /** @internal */
  constructor(open: OpenWatch, { resumeToken = "", signal }: WatchAlertsOptions) {
    this.#open = open;
    this.#resumeToken = resumeToken;
    const signals = [this.#closing.signal, signal].filter((each) => each !== undefined);
    this.#signal = AbortSignal.any(signals);
  }

  /** Where to go on after the last alert, with another watch, at another time. */
  get resumeToken(): string {
    return this.#resumeToken;
  }

  /** Ends the watch, also for who waits in it. */
  close(): void {
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Alert, void, undefined> {
    while (!this.#signal.aborted) {
      try {
        for await (const response of this.#open(this.#resumeToken, this.#signal)) {
          this.#hear(response);
          // Without an alert it is a sign of life.
          if (response.alert) yield alert(response.alert);
          if (this.#signal.aborted) return;
        }
        throw new UnavailableError("the service ended the stream of alerts", {
          code: "UNAVAILABLE",
        });
      } catch (failure) {
        if (this.#signal.aborted) return;
        await this.#wait(readError(failure));
      }
    }
  }

  #hear(response: WatchAlertsResponse): void {
    this.#failures = 0;
    this.#wasThere = true;
    this.#resumeToken = response.resumeToken;
  }

  /** A service that was there comes back: it is waited for without end. */
  async #wait(error: AiusageError): Promise<void> {
    this.#failures += 1;
    const isLasting = !this.#wasThere && this.#failures >= ATTEMPTS_MAX;
    if (!(error instanceof UnavailableError) || isLasting) throw error;
    const delay = delayMs(error, this.#failures, DELAY_MAX_MS);
    // Cut short by the end of the watch.
    await sleep(delay, undefined, { signal: this.#signal }).catch(() => {});
  }
}

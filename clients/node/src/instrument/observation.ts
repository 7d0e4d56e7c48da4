import { guard } from "../recording.js";
import { get } from "../responses/fields.js";
import { TrackedCall, type TrackOptions } from "../tracking/call.js";
import { currentCall } from "../tracking/track.js";
import { isAsyncIterable, watched } from "../tracking/watched.js";
import { isApiPromise, observeApiPromise } from "./api-promise.js";
import { wait } from "./background.js";
import type { Invocation } from "./methods.js";
import { isRawResponsePromise, observeRawResponsePromise } from "./raw-response-promise.js";

/** What is to be known of a call to read its answer. */
type Reading = Pick<Invocation, "isOurs" | "isResumable" | "resumes" | "streamIn" | "told">;

/** Calls of `track` that stand for a call of an SDK already. */
const standing = new WeakSet<TrackedCall>();

/**
 * Watches one call of an SDK's method, without changing what it returns.
 *
 * Inside of `track`, the first call of an SDK is the one that is tracked there: it tells
 * that record what it knows, and makes none of its own. Nothing is counted twice.
 */
export class Observation {
  readonly call: TrackedCall;
  readonly #reading: Reading;
  readonly #isWithin: boolean;
  #isOver = false;

  constructor(told: TrackOptions, reading: Reading = {}) {
    this.#reading = reading;
    const around = reading.resumes ? undefined : currentCall();
    this.#isWithin = around !== undefined && !around.isOver && !standing.has(around);
    this.call = this.#isWithin && around ? around : (reading.resumes ?? new TrackedCall(told));
    reading.resumes?.resume();
    standing.add(this.call);
    if (this.#isWithin) {
      this.call.fill(told);
      this.call.hold();
    }
  }

  /** What `method` returns: an answer, a stream, or a promise of one. */
  of(method: () => unknown): unknown {
    let result: unknown;
    try {
      result = this.call.run(method);
    } catch (error) {
      return this.fail(error);
    }
    if (isApiPromise(result)) return observeApiPromise(result, this);
    if (isRawResponsePromise(result)) return observeRawResponsePromise(result, this);
    if (!isPromise(result)) return this.answered(result);
    return result.then(
      (answer) => this.answered(answer),
      (error: unknown) => this.fail(error),
    );
  }

  /** The answer has come: the call is over, unless it is a stream. */
  answered(answer: unknown): unknown {
    if (this.#isOver) return answer;
    if (isAsyncIterable(answer)) return this.#watched(answer);
    const { streamIn = "", told } = this.#reading;
    const stream = get(answer, streamIn);
    if (isAsyncIterable(stream)) {
      Reflect.set(answer as object, streamIn, this.#watched(stream));
      return answer;
    }
    guard(() => this.call.setResponse(told ? told(answer) : answer));
    this.end();
    return answer;
  }

  #watched(stream: AsyncIterable<unknown>): AsyncIterable<unknown> {
    return watched(stream, this.call, { isOurs: this.#reading.isOurs, end: () => this.end() });
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isWithin) this.call.release();
    else if (!this.#reading.isResumable || !wait(this.call)) this.call.end();
  }

  /** Throws the error on. A call of `track` may be tried again, and fails by itself. */
  fail(error: unknown): never {
    if (this.#reading.resumes) this.end();
    else if (!this.#isWithin) this.call.fail(error);
    else if (!this.#isOver) standing.delete(this.call);
    this.end();
    throw error;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined | null)?.then === "function";
}

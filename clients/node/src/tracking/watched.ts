import { Readable } from "node:stream";

import type { TrackedCall } from "./call.js";
import { forget, keepUnread, readThrough, type Unread } from "./unread.js";
import { watchedNodeStream, watchedReadable } from "./watched-readable.js";

/** Says which chunks are not for the application: those that only we asked for. */
export type IsOurs = (chunk: unknown) => boolean;

/** How a stream is watched. */
export interface WatchOptions {
  readonly isOurs?: IsOurs | undefined;
  /** What is to be done at the end of the stream, instead of ending the call. */
  readonly end?: (() => void) | undefined;
}

/** What is watched of one stream; after its end, nothing more. */
export class Watch implements Unread {
  readonly #call: TrackedCall;
  readonly #options: WatchOptions;
  #isOver = false;
  #isAborted = false;
  #steps = 0;

  constructor(call: TrackedCall, options: WatchOptions) {
    this.#call = call;
    this.#options = options;
  }

  /** Takes one step of reading, as part of the call. */
  async step<Result>(step: () => Result | PromiseLike<Result>): Promise<Result> {
    this.#steps += 1;
    try {
      return await this.#call.run(step);
    } finally {
      this.#steps -= 1;
    }
  }

  begin<Result>(step: () => Result): Result {
    return this.#call.run(step);
  }

  /** Takes a chunk. False where it is not for the application. */
  take(chunk: unknown): boolean {
    if (!this.#isOver) this.#call.takeChunk(chunk);
    return this.#options.isOurs?.(chunk) !== true;
  }

  /** SDKs abort a stream also when it breaks: a step that is under way tells which it was. */
  abort(): void {
    this.#isAborted = true;
    if (this.#steps === 0) this.leave();
  }

  /** The stream has no more chunks. */
  finish(): void {
    if (this.#isAborted) this.leave();
    else this.end();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    forget(this);
    if (this.#options.end) this.#options.end();
    else this.#call.end();
  }

  /** The call went wrong, though more chunks may follow. */
  mark(error: unknown): void {
    if (!this.#isOver && !this.#call.isOver) this.#call.markError(error);
  }

  fail(error: unknown): void {
    this.mark(error);
    this.end();
  }

  /** Somebody stopped reading: what was used until here is all that is known. */
  leave(): void {
    if (this.#isOver) return;
    const isCancelled = !this.#call.isOver && !this.#call.isAnswered;
    if (isCancelled) this.#call.markError("the stream was left before its end", "cancelled");
    this.end();
  }
}

/** `stream`, whose reading tells `call` of its first token, its usage and its end. */
export function watched<Stream extends AsyncIterable<unknown>>(
  stream: Stream,
  call: TrackedCall,
  options: WatchOptions = {},
): Stream {
  const watch = new Watch(call, options);
  if (isSdkStream(stream)) return watchedInPlace(stream, watch);
  if (stream instanceof Readable) return watchedNodeStream(stream, watch);
  if (isWebStream(stream)) return watchedReadable(stream, watch) as typeof stream;
  return watchedIterable(stream, watch);
}

function watchedIterable<Stream extends AsyncIterable<unknown>>(
  stream: Stream,
  watch: Watch,
): Stream {
  const hold = keepUnread(watch);
  let reading: AsyncIterator<unknown> | undefined;
  const read = () => {
    const iterator = watch.begin(() => stream[Symbol.asyncIterator]());
    reading = readThrough(new WatchedReading(iterator, watch), hold);
    return reading;
  };
  const proxy = new Proxy(stream, {
    get(target, name) {
      if (name === Symbol.asyncIterator) return read;
      // A generator is read by its own methods, too.
      if (isGenerator(target) && isReadingMethod(name)) {
        const iterator = reading ?? read();
        return iterator[name]?.bind(iterator);
      }
      if (isGenerator(target) && name === Symbol.asyncDispose && name in target) {
        // Where an `await using` block ends.
        return async () => void (await (reading ?? read()).return?.());
      }
      const value: unknown = Reflect.get(target, name, target);
      // Methods of SDK streams reach for private fields, which a proxy does not have.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return readThrough(proxy, hold);
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** Whoever locked a stream reads it already. */
function isWebStream<Stream extends object>(
  stream: Stream,
): stream is Stream & ReadableStream<unknown> {
  return stream instanceof ReadableStream && !stream.locked;
}

/** The streams of the `openai` and `@anthropic-ai/sdk` packages: all ways to read them begin here. */
interface SdkStream extends AsyncIterable<unknown> {
  iterator(): AsyncIterator<unknown>;
  readonly controller: AbortController;
}

function isSdkStream<Stream extends object>(stream: Stream): stream is Stream & SdkStream {
  const { iterator, controller } = stream as Partial<SdkStream>;
  return typeof iterator === "function" && controller instanceof AbortController;
}

/** So that `tee()` and the like, which read without asking a proxy, are watched as well. */
function watchedInPlace<Stream extends SdkStream>(stream: Stream, watch: Watch): Stream {
  const { iterator, controller } = stream;
  const hold = keepUnread(watch);
  stream.iterator = () => {
    const reading = watch.begin(() => iterator.call(stream));
    return readThrough(new WatchedReading(reading, watch), hold);
  };
  watchAbort(controller.signal, watch);
  return readThrough(stream, hold);
}

/**
 * These streams end without an error when they are aborted, even before they are read. A
 * signal may live longer than its stream, which this listener must not keep alive.
 */
function watchAbort(signal: AbortSignal, watch: Watch): void {
  signal.addEventListener("abort", () => watch.abort(), { once: true });
}

/** Reads on behalf of somebody, as part of the call. */
class WatchedReading implements AsyncIterableIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #watch: Watch;

  constructor(iterator: AsyncIterator<unknown>, watch: Watch) {
    this.#iterator = iterator;
    this.#watch = watch;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(...args: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#step(() => this.#iterator.next(...args));
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    try {
      const left = await this.#watch.step(() => this.#iterator.return?.(value));
      return left ?? { done: true, value };
    } finally {
      this.#watch.leave();
    }
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
    const fail = this.#iterator.throw;
    return this.#step(() => (fail ? fail.call(this.#iterator, error) : Promise.reject(error)));
  }

  async #step(step: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    try {
      let result = await this.#watch.step(step);
      while (!result.done && !this.#watch.take(result.value)) {
        result = await this.#watch.step(() => this.#iterator.next());
      }
      if (result.done) this.#watch.finish();
      return result;
    } catch (error) {
      this.#watch.fail(error);
      throw error;
    }
  }
}

type ReadingMethod = "next" | "return" | "throw";

function isReadingMethod(name: string | symbol): name is ReadingMethod {
  return name === "next" || name === "return" || name === "throw";
}

function isGenerator(stream: object): boolean {
  return "next" in stream && typeof stream.next === "function";
}

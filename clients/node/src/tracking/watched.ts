import type { TrackedCall } from "./call.js";

/** Says which chunks are not for the application: those that only we asked for. */
export type IsOurs = (chunk: unknown) => boolean;

/** How a stream is watched. */
export interface WatchOptions {
  readonly isOurs?: IsOurs | undefined;
  /** What is to be done when the stream is over; the call is ended, unless it is said. */
  readonly end?: (() => void) | undefined;
}

/** `stream`, whose reading tells `call` of its first token, its usage and its end. */
export function watched<Stream extends AsyncIterable<unknown>>(
  stream: Stream,
  call: TrackedCall,
  options: WatchOptions = {},
): Stream {
  if (isSdkStream(stream)) return watchedInPlace(stream, call, options);
  let reading: AsyncIterator<unknown> | undefined;
  const read = () => {
    const iterator = call.run(() => stream[Symbol.asyncIterator]());
    reading = new WatchedReading(iterator, call, options);
    return reading;
  };
  return new Proxy(stream, {
    get(target, name) {
      if (name === Symbol.asyncIterator) return read;
      // A generator is read by its own methods, too.
      if (isGenerator(target) && isReadingMethod(name)) {
        const iterator = reading ?? read();
        return iterator[name]?.bind(iterator);
      }
      const value: unknown = Reflect.get(target, name, target);
      // Methods of SDK streams reach for private fields, which a proxy does not have.
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
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
function watchedInPlace<Stream extends SdkStream>(
  stream: Stream,
  call: TrackedCall,
  options: WatchOptions,
): Stream {
  const { iterator, controller } = stream;
  stream.iterator = () => {
    const reading = call.run(() => iterator.call(stream));
    return new WatchedReading(reading, call, options);
  };
  // These streams end without an error when they are aborted, even before they are read.
  controller.signal.addEventListener("abort", () => leave(call, options), { once: true });
  return stream;
}

/** Somebody stopped reading: what was used until here is all that is known. */
function leave(call: TrackedCall, { end = () => call.end() }: WatchOptions): void {
  if (call.isOver) return;
  call.markError("the stream was left before its end", "cancelled");
  end();
}

/** Reads on behalf of somebody, as part of the call. */
class WatchedReading implements AsyncIterableIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #call: TrackedCall;
  readonly #options: WatchOptions;

  constructor(iterator: AsyncIterator<unknown>, call: TrackedCall, options: WatchOptions) {
    this.#iterator = iterator;
    this.#call = call;
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(...args: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#step(() => this.#iterator.next(...args));
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    try {
      const iterator = this.#iterator;
      const result = iterator.return && (await this.#call.run(() => iterator.return?.(value)));
      return result ?? { done: true, value };
    } finally {
      leave(this.#call, this.#options);
    }
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
    const fail = this.#iterator.throw;
    return this.#step(() => (fail ? fail.call(this.#iterator, error) : Promise.reject(error)));
  }

  async #step(step: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    try {
      let result = await this.#call.run(step);
      while (!result.done && this.#take(result.value)) {
        result = await this.#call.run(() => this.#iterator.next());
      }
      if (result.done) this.#end();
      return result;
    } catch (error) {
      if (!this.#call.isOver) this.#call.markError(error);
      this.#end();
      throw error;
    }
  }

  /** True for a chunk that is not for the application. */
  #take(chunk: unknown): boolean {
    this.#call.takeChunk(chunk);
    return this.#options.isOurs?.(chunk) === true;
  }

  #end(): void {
    if (this.#options.end) this.#options.end();
    else this.#call.end();
  }
}

type ReadingMethod = "next" | "return" | "throw";

function isReadingMethod(name: string | symbol): name is ReadingMethod {
  return name === "next" || name === "return" || name === "throw";
}

function isGenerator(stream: object): boolean {
  return "next" in stream && typeof stream.next === "function";
}

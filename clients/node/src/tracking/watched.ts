import type { TrackedCall } from "./call.js";

/** `stream`, whose reading tells `call` of its first token, its usage and its end. */
export function watched<Stream extends AsyncIterable<unknown>>(
  stream: Stream,
  call: TrackedCall,
): Stream {
  let reading: AsyncIterator<unknown> | undefined;
  const read = () => {
    reading = new WatchedReading(
      call.run(() => stream[Symbol.asyncIterator]()),
      call,
    );
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

/** Reads on behalf of somebody, as part of the call. */
class WatchedReading implements AsyncIterableIterator<unknown> {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #call: TrackedCall;

  constructor(iterator: AsyncIterator<unknown>, call: TrackedCall) {
    this.#iterator = iterator;
    this.#call = call;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(...args: [] | [unknown]): Promise<IteratorResult<unknown>> {
    return this.#step(() => this.#iterator.next(...args));
  }

  /** Somebody stopped reading: what was used until here is all that is known. */
  return(value?: unknown): Promise<IteratorResult<unknown>> {
    if (!this.#call.isOver) this.#call.markError("the stream was left before its end", "cancelled");
    const leave = this.#iterator.return;
    if (!leave) {
      this.#call.end();
      return Promise.resolve({ done: true, value });
    }
    return this.#step(() => leave.call(this.#iterator, value));
  }

  throw(error?: unknown): Promise<IteratorResult<unknown>> {
    const fail = this.#iterator.throw;
    return this.#step(() => (fail ? fail.call(this.#iterator, error) : Promise.reject(error)));
  }

  async #step(step: () => Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> {
    try {
      const result = await this.#call.run(step);
      if (result.done) this.#call.end();
      else this.#take(result.value);
      return result;
    } catch (error) {
      this.#call.fail(error);
      throw error;
    }
  }

  #take(chunk: unknown): void {
    this.#call.firstToken();
    this.#call.setResponse(chunk);
  }
}

type ReadingMethod = "next" | "return" | "throw";

function isReadingMethod(name: string | symbol): name is ReadingMethod {
  return name === "next" || name === "return" || name === "throw";
}

function isGenerator(stream: object): boolean {
  return "next" in stream && typeof stream.next === "function";
}

import { setTimeout as sleep } from "node:timers/promises";

import type { Batch } from "./batch.js";
import { UnavailableError } from "./errors.js";
import type {
  RecordUsageBatchRequest,
  RecordUsageBatchResponse,
} from "./gen/aiusage/v1/usage_service_pb.js";
import { readError } from "./read-error.js";

/** Opens the stream; the signal ends it. */
export type OpenCall = (
  requests: AsyncIterable<RecordUsageBatchRequest>,
  signal: AbortSignal,
) => AsyncIterable<RecordUsageBatchResponse>;

/**
 * Sends requests and reads responses at once, so that neither waits for the other.
 *
 * Requests go through a queue that the connection sends from; responses are read
 * here. The queue stays short, since `send` reads while the batch is full.
 */
export class BatchStream {
  readonly #batch: Batch;
  readonly #openCall: OpenCall;
  readonly #signal: AbortSignal | undefined;
  #call: Call;

  constructor(batch: Batch, openCall: OpenCall, signal: AbortSignal | undefined) {
    this.#batch = batch;
    this.#openCall = openCall;
    this.#signal = signal;
    this.#call = this.#open();
  }

  /** Sends a request that the batch made. */
  async send(request: RecordUsageBatchRequest): Promise<void> {
    this.#call.requests.push(request);
    while (this.#batch.isFull) await this.#receive();
  }

  /** Waits until every request is answered, then lets the stream end in peace. */
  async finish(): Promise<void> {
    while (this.#batch.unanswered.length > 0) await this.#receive();
    this.#call.requests.end();
    // All is durable by now: how the stream ends changes nothing.
    await this.#call.responses.next().catch(() => {});
  }

  /** Ends the stream at once. What is unanswered may be stored or not. */
  close(): void {
    const { requests, controller } = this.#call;
    requests.end();
    controller.abort();
  }

  #open(): Call {
    const requests = new RequestQueue(this.#batch.unanswered);
    const controller = new AbortController();
    const signals = [controller.signal, this.#signal].filter((signal) => signal !== undefined);
    const responses = this.#openCall(requests.drain(), AbortSignal.any(signals));
    return { requests, controller, responses: new ResponseQueue(responses) };
  }

  async #receive(): Promise<void> {
    const response = await this.#nextResponse();
    if (response) this.#batch.take(response);
  }

  /** The next response; none when the stream broke and was opened again. */
  async #nextResponse(): Promise<RecordUsageBatchResponse | undefined> {
    try {
      const next = await this.#call.responses.next();
      if (!next.done) return next.value;
      throw new UnavailableError("the service ended the stream early", { code: "UNAVAILABLE" });
    } catch (failure) {
      const delayMs = this.#batch.delayBeforeRetryMs(readError(failure, this.#signal));
      this.close();
      await sleep(delayMs, undefined, this.#signal && { signal: this.#signal });
      this.#call = this.#open();
      return undefined;
    }
  }
}

interface Call {
  readonly requests: RequestQueue;
  readonly controller: AbortController;
  readonly responses: ResponseQueue;
}

/**
 * Responses, of which the next one is always waited for. While the application takes its
 * time to make records, nobody reads; a stream that broke then would be reported as an
 * unhandled rejection, which ends a program.
 */
class ResponseQueue {
  readonly #iterator: AsyncIterator<RecordUsageBatchResponse>;
  #next: Promise<IteratorResult<RecordUsageBatchResponse>>;

  constructor(responses: AsyncIterable<RecordUsageBatchResponse>) {
    this.#iterator = responses[Symbol.asyncIterator]();
    this.#next = this.#ask();
  }

  /** The next response; it throws as long as the stream is broken. */
  async next(): Promise<IteratorResult<RecordUsageBatchResponse>> {
    const result = await this.#next;
    if (!result.done) this.#next = this.#ask();
    return result;
  }

  #ask(): Promise<IteratorResult<RecordUsageBatchResponse>> {
    const next = this.#iterator.next();
    next.catch(() => {});
    return next;
  }
}

/** Requests on their way to the connection. */
class RequestQueue {
  readonly #waiting: RecordUsageBatchRequest[];
  #ended = false;
  #wake = (): void => {};

  constructor(first: readonly RecordUsageBatchRequest[]) {
    this.#waiting = [...first];
  }

  push(request: RecordUsageBatchRequest): void {
    this.#waiting.push(request);
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *drain(): AsyncGenerator<RecordUsageBatchRequest> {
    for (;;) {
      const request = this.#waiting.shift();
      if (request) yield request;
      else if (this.#ended) return;
      else await new Promise<void>((wake) => (this.#wake = wake));
    }
  }
}

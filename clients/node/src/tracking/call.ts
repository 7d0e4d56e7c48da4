import type { JsonObject } from "@bufbuild/protobuf";

import { newRecordId } from "../ids.js";
import type { Usage, UsageRecord } from "../records.js";
import { guard, submit } from "../recording.js";
import { ResponseReader } from "../responses/index.js";
import { shared } from "../shared.js";
import { type Context, currentContext, layered, mergeContexts } from "./context.js";
import { failureOf } from "./status.js";
import { activeTraceIds } from "./trace.js";

/** What is measured or told later is not said beforehand. */
type Measured = "eventTime" | "latencyMs" | "timeToFirstTokenMs" | "status" | "errorMessage";

/** What is known of a call before it is made: any field of a record. */
export type TrackOptions = Partial<Omit<UsageRecord, Measured>>;

/** What is known of a call from several sides; the later one wins, tags and terms are added. */
export function mergeOptions(...layers: TrackOptions[]): TrackOptions {
  const tags = Object.assign({}, ...layers.map((layer) => layer.tags));
  const priceContext = Object.assign({}, ...layers.map((layer) => layer.priceContext));
  return layered<TrackOptions>(...layers, { tags, priceContext });
}

/**
 * One AI call that is under way. It is recorded when it ends: with its time, the time to
 * its first token, and how it went.
 */
export class TrackedCall {
  /** The id that the record will have. */
  readonly recordId: string;
  readonly #startedAt = performance.now();
  readonly #context: Context;
  readonly #reader = new ResponseReader();
  #given: TrackOptions;
  #filled: TrackOptions = {};
  #usage: Usage | undefined;
  #firstTokenMs: number | undefined;
  #status = "";
  #errorMessage = "";
  #isOver = false;
  #isEnding = false;
  #holds = 0;

  /** @internal Use `track`, `trackStream` or `startCall`. */
  constructor(options: TrackOptions) {
    this.recordId = options.recordId || newRecordId();
    this.#context = currentContext();
    this.#given = { ...guard(activeTraceIds), ...options };
    this.#usage = options.usage;
  }

  /** Whether anybody said what the call used. */
  get hasUsage(): boolean {
    return this.#usage !== undefined || this.#reader.isKnown;
  }

  /** @internal Whether its answer has said how it ended: all that counts of it has come. */
  get isAnswered(): boolean {
    return this.#reader.facts()?.responseMetadata?.["finish_reasons"] !== undefined;
  }

  /** @internal The provider's id of its response, where that has not said how it ended. */
  get unfinishedId(): string | undefined {
    return this.isAnswered ? undefined : this.#reader.facts()?.responseId;
  }

  /** @internal Its answer comes after all: what went wrong on the way counts no more. */
  resume(): void {
    this.markError("", "");
  }

  /** Whether it has been recorded or discarded: nothing more is taken. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Says more of the call, such as the user, once it is known. Tags and terms are added. */
  set(fields: TrackOptions): this {
    this.#given = mergeOptions(this.#given, fields);
    return this;
  }

  /** @internal Says what nobody else says of the call, instead of what was filled in before. */
  fill(fields: TrackOptions): void {
    this.#filled = fields;
  }

  /** The requested model, and the one that answered if the provider names it. */
  setModel(model: string, responseModel?: string): this {
    return this.set({ model, ...(responseModel && { responseModel }) });
  }

  /** Counts, added to those that were set before. */
  setTokens(counts: Usage): this;
  setTokens(inputTokens: number | bigint | undefined, outputTokens?: number | bigint): this;
  setTokens(first: Usage | number | bigint | undefined, outputTokens?: number | bigint): this {
    const counts = guard(() => countsOf(first, outputTokens));
    this.#usage = layered<Usage>({ ...this.#usage }, { ...counts });
    return this;
  }

  /** All that the call used, instead of what was set before. */
  setUsage(usage: Usage): this {
    this.#usage = { ...usage };
    return this;
  }

  /**
   * Reads usage, model and more from the response object of the provider's SDK, or from
   * the chunks of its stream one after the other. Returns whether its form is known. What
   * you say of the call yourself counts more than what is read.
   */
  setResponse(response: unknown): boolean {
    this.#reader.add(response);
    return this.#reader.isKnown;
  }

  /** @internal Takes a chunk of the answer's stream; the first that carries output is the first token. */
  takeChunk(chunk: unknown): void {
    const carriesOutput = this.#reader.add(chunk);
    if (carriesOutput || !this.#reader.isKnown) this.firstToken();
  }

  /** Anything worth keeping about request and response; added to what was set. No prompts. */
  setMetadata({ request, response }: { request?: JsonObject; response?: JsonObject }): this {
    const { requestMetadata, responseMetadata } = this.#given;
    if (request) this.#given.requestMetadata = { ...requestMetadata, ...request };
    if (response) this.#given.responseMetadata = { ...responseMetadata, ...response };
    return this;
  }

  /** Labels, added to those that were set. */
  setTags(tags: Readonly<Record<string, string>>): this {
    return this.set({ tags });
  }

  /** The first token came now. Later ones change nothing. */
  firstToken(): this {
    this.#firstTokenMs ??= performance.now() - this.#startedAt;
    return this;
  }

  /**
   * The call failed. An error tells by itself whether it was a timeout, a cancellation or
   * a rate limit; a text is an "error" unless `status` says otherwise.
   */
  markError(error: unknown, status?: string): this {
    const failure = failureOf(error);
    this.#status = status ?? failure.status;
    this.#errorMessage = failure.message;
    return this;
  }

  /** The application's own cache answered: the call cost nothing. */
  markCached(): this {
    return this.set({ cachedResponse: true });
  }

  /** Makes no record of the call. */
  discard(): void {
    this.#isOver = true;
  }

  /**
   * Runs `fn` as part of the call: there, it is the `currentCall()`, and what it names of user,
   * job, session, feature, function and tags holds for the calls inside.
   */
  run<Result>(fn: () => Result): Result {
    const { userId, jobId, sessionId, feature, functionName, tags } = this.#given;
    const named = { userId, jobId, sessionId, feature, functionName, tags };
    const context = mergeContexts(this.#context, named);
    return shared.surroundings.run({ context, call: this }, fn);
  }

  /** The call is over: it is recorded, in the background. Once; more often changes nothing. */
  end(): void {
    if (this.#isOver) return;
    this.#isEnding = true;
    if (this.#holds > 0) return;
    this.#isOver = true;
    const latencyMs = performance.now() - this.#startedAt;
    submit(() => this.#record(latencyMs));
  }

  /** The call ended by throwing `error`. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.markError(error);
    this.#holds = 0;
    this.end();
  }

  /** @internal Its answer is still being read by somebody else: it does not end before `release`. */
  hold(): void {
    this.#holds += 1;
  }

  /** @internal The end of a `hold`. */
  release(): void {
    this.#holds = Math.max(0, this.#holds - 1);
    if (this.#isEnding && this.#holds === 0) this.end();
  }

  /** Ends the call where a `using` block ends. It sees no exception: `fail` tells of one. */
  [Symbol.dispose](): void {
    this.end();
  }

  #record(latencyMs: number): Partial<UsageRecord> {
    const { usage: readUsage, status, errorMessage, ...read } = this.#reader.facts() ?? {};
    const { responseMetadata } = this.#given;
    const told = mergeOptions(read, this.#context, this.#filled, this.#given);
    const usage = { ...readUsage, ...this.#filled.usage, ...this.#usage };
    return layered<UsageRecord>(told, {
      recordId: this.recordId,
      responseMetadata: { ...read.responseMetadata, ...responseMetadata },
      usage: Object.keys(usage).length > 0 ? usage : undefined,
      latencyMs,
      timeToFirstTokenMs: this.#firstTokenMs,
      status: this.#status || status,
      errorMessage: this.#status ? this.#errorMessage : errorMessage,
    });
  }
}

/** Counts by their names, or the two totals in their order. */
function countsOf(first: unknown, outputTokens: unknown): Usage {
  const isNamed = typeof first === "object" && first !== null && !Array.isArray(first);
  if (isNamed && outputTokens === undefined) return first;
  const totals = [first, outputTokens];
  if (totals.every((count) => count === undefined || count === null || isNumber(count))) {
    return { inputTokens: first, outputTokens } as Usage;
  }
  throw new TypeError(
    "setTokens takes counts by their names, { inputTokens: 1000, outputTokens: 500 }, " +
      "or the two by their order, (1000, 500)",
  );
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" || typeof value === "bigint";
}

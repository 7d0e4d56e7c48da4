import { create } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

import { RECORDS_PER_REQUEST_MAX, REQUEST_BYTES_MAX } from "../batch.js";
import type { Connection } from "../connection.js";
import { UnavailableError } from "../errors.js";
import {
  type RecordUsageBatchRequest,
  RecordUsageBatchRequestSchema,
  type RecordUsageBatchResponse,
  type Refusal,
} from "../gen/aiusage/v1/usage_service_pb.js";
import { readError } from "../read-error.js";
import type { Packed } from "./queue.js";

/** Requests of one stream: what they hold is the most that is sent twice when it breaks. */
const REQUESTS_PER_EXCHANGE_MAX = 8;
/** The most records of one exchange. */
export const RECORDS_PER_EXCHANGE_MAX = REQUESTS_PER_EXCHANGE_MAX * RECORDS_PER_REQUEST_MAX;
/** The service answers each request within five seconds, whatever its database does. */
const SILENCE_MAX_MS = 6_000;

/** What became of records, in the order in which they were given. */
export interface Answered {
  /** The first so many records need not be sent again. */
  readonly settledCount: number;
  readonly storedCount: number;
  readonly duplicateCount: number;
  readonly refusals: readonly { readonly record: Packed; readonly refusal: Refusal }[];
  /** Why the rest was not answered. */
  readonly failure: Error | undefined;
}

/**
 * Sends records over one stream and reads the answers. Never throws: what was answered
 * before a failure counts.
 */
export async function exchange(
  connection: Connection,
  records: readonly Packed[],
  signal: AbortSignal,
): Promise<Answered> {
  const parts = partition(records).slice(0, REQUESTS_PER_EXCHANGE_MAX);
  const outcome = new Outcome(parts);
  const silence = new Deadline(SILENCE_MAX_MS, signal);
  try {
    const requests = parts.map((part, index) => request(part, index + 1));
    const call = connection.usage.recordUsageBatch(iterate(requests), {
      signal: silence.signal,
    });
    for await (const response of call) {
      silence.renew();
      outcome.take(response);
    }
    if (!outcome.isComplete) throw new UnavailableError("the service ended the stream early");
    return outcome.answered(undefined);
  } catch (failure) {
    // All is durable by then: how the stream ends changes nothing.
    if (outcome.isComplete) return outcome.answered(undefined);
    if (silence.isOver) {
      const error = new UnavailableError(`no answer for ${SILENCE_MAX_MS / 1000} seconds`);
      return outcome.answered(error);
    }
    return outcome.answered(readError(failure, signal));
  } finally {
    silence.clear();
  }
}

async function* iterate<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

/** Records for one request each, as many as the service takes. */
export function partition(records: readonly Packed[]): Packed[][] {
  const parts: Packed[][] = [];
  let open: Packed[] = [];
  let bytes = 0;
  for (const record of records) {
    if (open.length >= RECORDS_PER_REQUEST_MAX || bytes + record.length > REQUEST_BYTES_MAX) {
      if (open.length > 0) parts.push(open);
      open = [];
      bytes = 0;
    }
    open.push(record);
    bytes += record.length;
  }
  if (open.length > 0) parts.push(open);
  return parts;
}

const RECORDS_FIELD = RecordUsageBatchRequestSchema.field.records.number;

/**
 * A request made of packed records: their bytes go out as they are, the same at each try.
 * A field that is not known is written as it came, and so is this one.
 */
function request(records: readonly Packed[], sequence: number): RecordUsageBatchRequest {
  const message = create(RecordUsageBatchRequestSchema, { sequence: BigInt(sequence) });
  message.$unknown = records.map((record) => ({
    no: RECORDS_FIELD,
    wireType: WireType.LengthDelimited,
    data: new BinaryWriter().bytes(record).finish(),
  }));
  return message;
}

class Outcome {
  readonly #parts: readonly Packed[][];
  #answeredParts = 0;
  #settledCount = 0;
  #storedCount = 0;
  #duplicateCount = 0;
  readonly #refusals: { record: Packed; refusal: Refusal }[] = [];

  constructor(parts: readonly Packed[][]) {
    this.#parts = parts;
  }

  get isComplete(): boolean {
    return this.#answeredParts === this.#parts.length;
  }

  take(response: RecordUsageBatchResponse): void {
    const part = this.#parts[this.#answeredParts];
    if (!part || response.sequence !== BigInt(this.#answeredParts + 1)) {
      throw new UnavailableError(`the service answered request ${response.sequence} out of turn`);
    }
    this.#answeredParts += 1;
    this.#settledCount += part.length;
    this.#storedCount += Number(response.storedCount);
    this.#duplicateCount += Number(response.duplicateCount);
    for (const { index, outcome } of response.results) {
      const record = part[index];
      if (record && outcome.case === "refusal") {
        this.#refusals.push({ record, refusal: outcome.value });
      }
    }
  }

  answered(failure: Error | undefined): Answered {
    return {
      settledCount: this.#settledCount,
      storedCount: this.#storedCount,
      duplicateCount: this.#duplicateCount,
      refusals: this.#refusals,
      failure,
    };
  }
}

/**
 * A signal that is raised when nobody renews it for a while, or with another one. That one
 * lives as long as the sender, and forgets this one at its end: `AbortSignal.any` would pile up.
 */
class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #other: AbortSignal;
  readonly #abort = (): void => this.#controller.abort(this.#other.reason);
  #isOver = false;

  constructor(milliseconds: number, other: AbortSignal) {
    this.#other = other;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#controller.abort();
    }, milliseconds);
    this.#timer.unref();
    if (other.aborted) this.#abort();
    else other.addEventListener("abort", this.#abort);
  }

  /** Whether nobody renewed it in time. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  renew(): void {
    this.#timer.refresh();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#other.removeEventListener("abort", this.#abort);
  }
}

import { create, toBinary } from "@bufbuild/protobuf";

import type { BatchResult, RecordResult } from "./answers.js";
import { AiusageError, UnavailableError } from "./errors.js";
import { recordResult } from "./from-proto.js";
import {
  type RecordUsageBatchRequest,
  RecordUsageBatchRequestSchema,
  type RecordUsageBatchResponse,
  type UsageRecord as UsageRecordProto,
  UsageRecordSchema,
} from "./gen/aiusage/v1/usage_service_pb.js";
import type { UsageRecord } from "./records.js";
import { ATTEMPTS_MAX, delayMs } from "./retry.js";
import { usageRecord } from "./to-proto.js";

/** The service takes at most this many records in one message. */
export const RECORDS_PER_REQUEST_MAX = 500;
/**
 * A message is closed above this size. One record has at most about 64 KiB, which
 * keeps messages well below 1 MiB.
 */
export const REQUEST_BYTES_MAX = 512 * 1024;
/**
 * Requests that are under way at once: enough to keep the service busy, few enough
 * to bound the memory (8 * 576 KiB) and what must be sent again.
 */
const UNANSWERED_REQUESTS_MAX = 8;

interface Sent {
  readonly request: RecordUsageBatchRequest;
  readonly firstIndex: number;
}

/**
 * Packs records into requests and adds up the responses; no input or output
 * happens here.
 *
 * Requests stay here until they are answered, so that a broken stream can be
 * opened again and given the same requests: those that were stored all the same
 * come back as duplicates.
 */
export class Batch {
  #open: UsageRecordProto[] = [];
  #openBytes = 0;
  #nextSequence = 1n;
  #nextIndex = 0;
  #unanswered: Sent[] = [];
  #failures = 0;
  #storedCount = 0n;
  #duplicateCount = 0n;
  #refusedCount = 0n;
  readonly #results: RecordResult[] = [];

  /** Packs a record; returns a request when one is ready to be sent. */
  add(record: UsageRecord): RecordUsageBatchRequest | undefined {
    const message = usageRecord(record);
    this.#open.push(message);
    this.#openBytes += toBinary(UsageRecordSchema, message).length;
    const hasRoom =
      this.#open.length < RECORDS_PER_REQUEST_MAX && this.#openBytes < REQUEST_BYTES_MAX;
    return hasRoom ? undefined : this.flush();
  }

  /** The last request, if any record is left for it. */
  flush(): RecordUsageBatchRequest | undefined {
    const records = this.#open;
    if (records.length === 0) return undefined;
    const request = create(RecordUsageBatchRequestSchema, {
      sequence: this.#nextSequence,
      records,
    });
    this.#unanswered.push({ request, firstIndex: this.#nextIndex });
    this.#nextSequence += 1n;
    this.#nextIndex += records.length;
    this.#open = [];
    this.#openBytes = 0;
    return request;
  }

  /** The requests to send again over a new stream, oldest first. */
  get unanswered(): readonly RecordUsageBatchRequest[] {
    return this.#unanswered.map(({ request }) => request);
  }

  /** Whether a response must be read before the next request is sent. */
  get isFull(): boolean {
    return this.#unanswered.length >= UNANSWERED_REQUESTS_MAX;
  }

  /** Counts the response of the oldest unanswered request. */
  take(response: RecordUsageBatchResponse): void {
    const sent = this.#unanswered.shift();
    if (!sent || response.sequence !== sent.request.sequence) {
      throw outOfTurn(response.sequence, sent?.request.sequence);
    }
    this.#failures = 0;
    this.#storedCount += response.storedCount;
    this.#duplicateCount += response.duplicateCount;
    this.#refusedCount += response.refusedCount;
    for (const item of response.results) {
      const recordId = sent.request.records[item.index]?.recordId ?? "";
      this.#results.push(recordResult(item, sent.firstIndex + item.index, recordId));
    }
  }

  /**
   * How long to wait before the stream is opened again. Throws `error` when it is
   * not one that passes, or came too often in a row.
   */
  delayBeforeRetryMs(error: AiusageError): number {
    this.#failures += 1;
    if (!(error instanceof UnavailableError) || this.#failures >= ATTEMPTS_MAX) throw error;
    return delayMs(error, this.#failures);
  }

  /** What became of the records. */
  result(): BatchResult {
    return {
      storedCount: this.#storedCount,
      duplicateCount: this.#duplicateCount,
      refusedCount: this.#refusedCount,
      results: this.#results,
    };
  }
}

function outOfTurn(sequence: bigint, due: bigint | undefined): AiusageError {
  const message = `the service answered request ${sequence} where ${due ?? "none"} was due`;
  return new AiusageError(message, { code: "INTERNAL" });
}

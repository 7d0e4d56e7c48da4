import { fromBinary } from "@bufbuild/protobuf";

import { UsageRecordSchema } from "../gen/aiusage/v1/usage_service_pb.js";
import type { UsageRecord } from "../records.js";
import { readRecord } from "../usage-from-proto.js";
import type { Log } from "./log.js";
import type { Packed } from "./queue.js";
import type { Drop, DropReason } from "./settings.js";
import type { Counters } from "./stats.js";

type OnDrop = ((drop: Drop) => void) | undefined;

/** Tells of records that could not be kept: a counter, a line in the log, and `onDrop`. */
export class Drops {
  readonly #counters: Counters;
  readonly #log: Log;
  readonly #onDrop: OnDrop;

  constructor(counters: Counters, log: Log, onDrop: OnDrop) {
    this.#counters = counters;
    this.#log = log;
    this.#onDrop = onDrop;
  }

  packed(record: Packed, reason: DropReason, message: string): void {
    this.#count(reason, message);
    if (this.#onDrop)
      this.#tell(readRecord(fromBinary(UsageRecordSchema, record)), reason, message);
  }

  /** A record that no message could be made of. */
  unpacked(record: Partial<UsageRecord>, message: string): void {
    this.#count("invalid", message);
    this.#tell(record, "invalid", message);
  }

  #count(reason: DropReason, message: string): void {
    if (reason === "refused") this.#counters.refused += 1;
    else this.#counters.dropped += 1;
    this.#log.warn(`drop ${reason}`, `a record is dropped: ${message}`);
  }

  #tell(record: Partial<UsageRecord>, reason: DropReason, message: string): void {
    const warn = (error: unknown): void => this.#log.warn("onDrop", `onDrop threw ${error}`);
    try {
      // It may be an async function all the same.
      const told: unknown = this.#onDrop?.({
        reason,
        message,
        recordId: record.recordId ?? "",
        record,
      });
      if (told instanceof Promise) told.catch(warn);
    } catch (error) {
      warn(error);
    }
  }
}

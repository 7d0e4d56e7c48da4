import type { Packed } from "./queue.js";
import { Queue } from "./queue.js";
import type { Settings } from "./settings.js";
import type { Spool, StoredSegment } from "./spool/spool.js";

/** Records to be sent now. They stay where they are until it is known what became of them. */
export interface Portion {
  readonly records: readonly Packed[];
  /** The first so many are settled; the others are to be sent again. */
  settle(count: number): void;
}

/** All records that wait: in memory, or on the disk where that is needed. */
export class Store {
  readonly #queue: Queue;
  readonly #spool: () => Spool | undefined;
  readonly #mode: Settings["spool"];
  /** Of the queue, being sent now. */
  #underWay: readonly Packed[] = [];
  #segment: { readonly stored: StoredSegment; settledCount: number } | undefined;

  constructor(settings: Settings, spool: () => Spool | undefined) {
    this.#queue = new Queue(settings.queueRecords, settings.queueBytes);
    this.#spool = spool;
    this.#mode = settings.spool;
  }

  get inMemory(): number {
    return this.#queue.length + this.#underWay.length;
  }

  get bytesInMemory(): number {
    return this.#queue.bytes;
  }

  get onDisk(): number {
    if (this.#mode === "never") return 0;
    return (this.#spool()?.length ?? 0) - (this.#segment?.settledCount ?? 0);
  }

  /** Takes a record, to memory if it may; false when there is no room anywhere. */
  add(record: Packed, isAway: boolean): boolean {
    const toDisk = this.#mode === "always" || isAway;
    if (toDisk && this.#append([record]) === 1) return true;
    return this.#queue.push(record) || (!toDisk && this.#append([record]) === 1);
  }

  /** What to send next: what is in memory, then what is on the disk. */
  next(recordsMax: number): Portion | undefined {
    if (this.#queue.length > 0) return this.#fromQueue(recordsMax);
    return this.#fromSpool(recordsMax);
  }

  /** Moves memory to the disk, as far as that is possible. */
  spill(): void {
    const records = this.#queue.takeAll();
    const kept = this.#append(records);
    this.#queue.unshift(records.slice(kept));
  }

  /** Puts all that is in memory on the disk; returns what found no room there. */
  save(): Packed[] {
    const records = this.takeAll();
    return records.slice(this.#append(records));
  }

  /** Takes all that is in memory away, also what is being sent now. */
  takeAll(): Packed[] {
    const records = [...this.#underWay, ...this.#queue.takeAll()];
    this.#underWay = [];
    return records;
  }

  #append(records: readonly Packed[]): number {
    if (records.length === 0 || this.#mode === "never") return 0;
    return this.#spool()?.append(records) ?? 0;
  }

  #fromQueue(recordsMax: number): Portion {
    const records = this.#queue.take(recordsMax);
    this.#underWay = records;
    const settle = (count: number): void => {
      // They may have been saved meanwhile, as the program ends.
      if (this.#underWay === records) this.#queue.unshift(records.slice(count));
      if (this.#underWay === records) this.#underWay = [];
    };
    return { records, settle };
  }

  #fromSpool(recordsMax: number): Portion | undefined {
    if (this.#mode === "never") return undefined;
    const stored = this.#segment?.stored ?? this.#spool()?.next();
    if (!stored) return undefined;
    const segment = (this.#segment ??= { stored, settledCount: 0 });
    const first = segment.settledCount;
    const settle = (count: number): void => {
      segment.settledCount += count;
      if (segment.settledCount < stored.records.length) return;
      this.#segment = undefined;
      this.#spool()?.remove(stored);
    };
    return { records: stored.records.slice(first, first + recordsMax), settle };
  }
}

/** A record as it is sent: the bytes of its message, which never change again. */
export type Packed = Uint8Array;

/** What a packed record takes in memory beside its bytes. */
const OVERHEAD_BYTES = 200;

/** Records that wait in memory, first in, first out; bounded by number and bytes. */
export class Queue {
  #records: Packed[] = [];
  #head = 0;
  #bytes = 0;
  readonly #recordsMax: number;
  readonly #bytesMax: number;

  constructor(recordsMax: number, bytesMax: number) {
    this.#recordsMax = recordsMax;
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#records.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a record, if there is room. */
  push(record: Packed): boolean {
    const size = sizeOf(record);
    if (this.length >= this.#recordsMax || this.#bytes + size > this.#bytesMax) return false;
    this.#records.push(record);
    this.#bytes += size;
    return true;
  }

  /** Takes records back that came from here: there is room for them always. */
  unshift(records: readonly Packed[]): void {
    this.#records = [...records, ...this.#records.slice(this.#head)];
    this.#head = 0;
    for (const record of records) this.#bytes += sizeOf(record);
  }

  /** The oldest records, as many as may be sent at once. */
  take(recordsMax: number): Packed[] {
    const taken = this.#records.slice(this.#head, this.#head + recordsMax);
    this.#head += taken.length;
    for (const record of taken) this.#bytes -= sizeOf(record);
    // Shifting an array costs its length; now and then is enough.
    if (this.#head > this.#records.length / 2) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  takeAll(): Packed[] {
    return this.take(this.length);
  }
}

function sizeOf(record: Packed): number {
  return record.length + OVERHEAD_BYTES;
}

import type { Packed } from "../queue.js";
import { crc32 } from "./crc32.js";

/** The first bytes of every segment: another format would have others. */
export const HEADER = Buffer.from("aiusage1");
/** Length and checksum, before the bytes of each record. */
const FRAME_HEAD_BYTES = 8;

/** What `frames` makes of records takes this many bytes. */
export function framedBytes(records: readonly Packed[]): number {
  return records.reduce((sum, record) => sum + FRAME_HEAD_BYTES + record.length, 0);
}

/** Records as they lie on the disk: length, checksum, bytes. */
export function frames(records: readonly Packed[]): Buffer {
  const buffer = Buffer.allocUnsafe(framedBytes(records));
  let end = 0;
  for (const record of records) {
    buffer.writeUInt32LE(record.length, end);
    buffer.writeUInt32LE(crc32(record), end + 4);
    buffer.set(record, end + FRAME_HEAD_BYTES);
    end += FRAME_HEAD_BYTES + record.length;
  }
  return buffer;
}

/** What a segment holds. */
export interface Content {
  readonly records: Packed[];
  /** Bytes at the end that are no whole record: a write was cut off. */
  readonly tornBytes: number;
}

/** Reads a segment up to its end or to the first byte that is not as it was written. */
export function readFrames(segment: Buffer): Content | undefined {
  if (segment.length === 0) return { records: [], tornBytes: 0 };
  if (!segment.subarray(0, HEADER.length).equals(HEADER)) return undefined;
  const records: Packed[] = [];
  let end = HEADER.length;
  for (;;) {
    const record = frameAt(segment, end);
    if (!record) return { records, tornBytes: segment.length - end };
    records.push(record);
    end += FRAME_HEAD_BYTES + record.length;
  }
}

function frameAt(segment: Buffer, start: number): Packed | undefined {
  const begin = start + FRAME_HEAD_BYTES;
  if (begin > segment.length) return undefined;
  const end = begin + segment.readUInt32LE(start);
  if (end > segment.length) return undefined;
  const record = segment.subarray(begin, end);
  return crc32(record) === segment.readUInt32LE(start + 4) ? record : undefined;
}

import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { join } from "node:path";

import type { Log } from "../log.js";
import type { Packed } from "../queue.js";
import { framedBytes, HEADER, readFrames } from "./frames.js";
import { ALIVE_FILE, BEAT_MS, isGone, newOwner } from "./owner.js";
import { OpenSegment } from "./segment.js";

/** A segment is closed above this size: so much is sent twice at most after a crash. */
const SEGMENT_BYTES_MAX = 1024 * 1024;
/** After an error the disk is left alone for so long. */
const REST_MS = 1_000;
/** Segments that are taken over at once. */
const RESCUED_MAX = 8;

/** Records that are read back from the disk; they stay there until they are removed. */
export interface StoredSegment {
  readonly path: string;
  readonly records: Packed[];
}

/**
 * Records on the disk, which survive the program and are sent by the next one.
 *
 * Each sender writes into a folder of its own, so that many processes share a spool without
 * locks. When an owner is gone, whoever sees it first takes its segments over by renaming
 * them, which one process alone can do.
 */
export class Spool {
  readonly #folder: string;
  readonly #own: string;
  readonly #bytesMax: number;
  readonly #log: Log;
  #open: OpenSegment | undefined;
  /** Closed segments, oldest first, and how many records each holds. */
  readonly #closed = new Map<string, number>();
  #nextNumber = 0;
  #othersBytes = 0;
  #ownBytes = 0;
  #restsUntil = 0;
  #beat: NodeJS.Timeout | undefined;

  constructor(folder: string, bytesMax: number, log: Log) {
    this.#folder = folder;
    this.#own = join(folder, newOwner());
    this.#bytesMax = bytesMax;
    this.#log = log;
  }

  /** Records that this sender has here. */
  get length(): number {
    let count = this.#open?.count ?? 0;
    for (const records of this.#closed.values()) count += records;
    return count;
  }

  /** Keeps records; returns how many, from the first on. Never throws. */
  append(records: readonly Packed[]): number {
    if (Date.now() < this.#restsUntil) return 0;
    let kept = 0;
    try {
      for (const part of inParts(records)) {
        if (!this.#hasRoom(framedBytes(part))) {
          this.#rest("full", `the spool ${this.#folder} has reached ${this.#bytesMax} bytes`);
          return kept;
        }
        this.#write(part);
        kept += part.length;
      }
    } catch (error) {
      this.#close();
      this.#rest("disk", `the spool cannot be written, so records wait in memory alone: ${error}`);
    }
    return kept;
  }

  /** The oldest records; none when nothing is left here. */
  next(): StoredSegment | undefined {
    if (this.#closed.size === 0) this.#close();
    for (const path of this.#closed.keys()) {
      const records = this.#read(path);
      if (records && records.length > 0) return { path, records };
      this.#closed.delete(path);
    }
    return undefined;
  }

  /** Forgets a segment whose records are all settled. */
  remove({ path }: StoredSegment): void {
    this.#closed.delete(path);
    try {
      this.#ownBytes -= fs.statSync(path).size;
      fs.unlinkSync(path);
    } catch (error) {
      // Taken over meanwhile: somebody sends it once more, which counts once.
      if (codeOf(error) !== "ENOENT") this.#log.warn("disk", `cannot remove ${path}: ${error}`);
    }
  }

  /** Takes over what others left behind. Returns whether there was anything. */
  rescue(): boolean {
    try {
      const owners = readFolder(this.#folder);
      const gone = owners.filter((owner) => this.#isOther(owner) && isGone(this.#folder, owner));
      let left = RESCUED_MAX;
      for (const owner of gone) left -= this.#takeOver(join(this.#folder, owner), left);
      return left < RESCUED_MAX;
    } catch (error) {
      this.#log.warn("rescue", `the spool ${this.#folder} cannot be searched: ${error}`);
      return false;
    }
  }

  /** Leaves what is here to whoever comes next. */
  release(): void {
    this.#close();
    clearInterval(this.#beat);
    this.#beat = undefined;
    removeFolder(this.#own);
  }

  #isOther(owner: string): boolean {
    return join(this.#folder, owner) !== this.#own;
  }

  #hasRoom(bytes: number): boolean {
    if (!this.#open) this.#countBytes();
    return this.#othersBytes + this.#ownBytes + bytes <= this.#bytesMax;
  }

  #write(records: readonly Packed[]): void {
    this.#open ??= this.#newSegment();
    const { path } = this.#open;
    const isOurs = this.#open.append(records);
    this.#ownBytes += framedBytes(records);
    if (this.#open.bytes >= SEGMENT_BYTES_MAX) this.#close();
    if (isOurs) return;
    // We were silent for so long that we were taken for dead. Twice is better than never.
    this.#close();
    this.#closed.delete(path);
    this.#write(records);
  }

  #newSegment(): OpenSegment {
    this.#live();
    const number = String((this.#nextNumber += 1)).padStart(8, "0");
    this.#ownBytes += HEADER.length;
    return new OpenSegment(join(this.#own, segmentName(number)));
  }

  /** Makes the own folder and keeps telling that its owner lives. */
  #live(): void {
    fs.mkdirSync(this.#own, { recursive: true, mode: 0o700 });
    fs.writeFileSync(join(this.#own, ALIVE_FILE), "", { mode: 0o600 });
    this.#beat ??= setInterval(() => this.#tellAlive(), BEAT_MS).unref();
  }

  #tellAlive(): void {
    const now = new Date();
    // A failure does no harm: segments that are taken over are sent all the same.
    fs.utimes(join(this.#own, ALIVE_FILE), now, now, () => {});
  }

  #close(): void {
    const segment = this.#open;
    this.#open = undefined;
    if (!segment) return;
    segment.close();
    this.#closed.set(segment.path, segment.count);
  }

  #read(path: string): Packed[] | undefined {
    try {
      const content = readFrames(fs.readFileSync(path));
      if (!content) {
        this.#log.warn("format", `${path} is left alone: a newer client wrote it`);
        return undefined;
      }
      if (content.tornBytes > 0) {
        const what = `the last ${content.tornBytes} bytes of ${path} are no whole record`;
        this.#log.warn("torn", `${what}: a program or the disk failed as they were written`);
      }
      if (content.records.length === 0) fs.unlinkSync(path);
      return content.records;
    } catch (error) {
      if (codeOf(error) !== "ENOENT") this.#log.warn("disk", `cannot read ${path}: ${error}`);
      return undefined;
    }
  }

  #takeOver(folder: string, segmentsMax: number): number {
    const names = readFolder(folder).filter((name) => name.endsWith(".seg"));
    const taken = names.slice(0, segmentsMax).filter((name) => this.#take(folder, name));
    if (!readFolder(folder).some((name) => name.endsWith(".seg"))) {
      removeFolder(folder);
    }
    return taken.length;
  }

  #take(folder: string, name: string): boolean {
    this.#live();
    const path = join(this.#own, name);
    try {
      fs.renameSync(join(folder, name), path);
    } catch (error) {
      // Somebody else was quicker.
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    }
    const records = this.#read(path);
    if (!records || records.length === 0) return false;
    this.#closed.set(path, records.length);
    this.#ownBytes += fs.statSync(path).size;
    return true;
  }

  #countBytes(): void {
    this.#ownBytes = bytesIn(this.#own);
    const others = readFolder(this.#folder).filter((owner) => this.#isOther(owner));
    const sizes = others.map((owner) => bytesIn(join(this.#folder, owner)));
    this.#othersBytes = sizes.reduce((sum, size) => sum + size, 0);
  }

  #rest(kind: string, message: string): void {
    this.#restsUntil = Date.now() + REST_MS;
    this.#log.warn(`spool ${kind}`, message);
  }
}

/** In the order of their making, across owners. */
function segmentName(number: string): string {
  return `${Date.now()}-${number}-${randomBytes(4).toString("hex")}.seg`;
}

/** Records for one segment each. */
function* inParts(records: readonly Packed[]): Generator<Packed[]> {
  let part: Packed[] = [];
  let bytes = 0;
  for (const record of records) {
    part.push(record);
    bytes += record.length;
    if (bytes < SEGMENT_BYTES_MAX) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}

function readFolder(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

function bytesIn(folder: string): number {
  const paths = readFolder(folder).map((name) => join(folder, name));
  const sizes = paths.map((path) => fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The folder of an owner who is gone; it stays while it has segments. */
function removeFolder(folder: string): void {
  try {
    fs.rmSync(join(folder, ALIVE_FILE), { force: true });
    fs.rmdirSync(folder);
  } catch {
    // It was never made, has segments, or somebody else was quicker.
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

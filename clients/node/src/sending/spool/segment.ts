import * as fs from "node:fs";

import type { Packed } from "../queue.js";
import { frames, HEADER } from "./frames.js";

/** A file that records are appended to. */
export class OpenSegment {
  readonly path: string;
  readonly #file: number;
  #bytes = HEADER.length;
  #count = 0;

  /** Makes the file, for nobody else to read. Leaves nothing behind where it cannot. */
  constructor(path: string) {
    this.path = path;
    this.#file = fs.openSync(path, "ax", 0o600);
    try {
      writeAll(this.#file, HEADER);
    } catch (error) {
      fs.closeSync(this.#file);
      fs.unlinkSync(path);
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records that were appended. */
  get count(): number {
    return this.#count;
  }

  /**
   * Appends all records or throws. Whoever takes the file over renames it first and reads it
   * then: what is appended while it still has its name will be read. False: it was taken
   * over, and perhaps not read to here.
   */
  append(records: readonly Packed[]): boolean {
    const buffer = frames(records);
    try {
      writeAll(this.#file, buffer);
    } catch (error) {
      this.#cutOff();
      throw error;
    }
    this.#bytes += buffer.length;
    this.#count += records.length;
    return fs.existsSync(this.path);
  }

  close(): void {
    fs.closeSync(this.#file);
  }

  /** Half a record at the end would hide what is appended later. */
  #cutOff(): void {
    try {
      fs.ftruncateSync(this.#file, this.#bytes);
    } catch {
      // The file is closed after an error, and reading stops at what is torn.
    }
  }
}

/** A disk that is nearly full may take a part of a write. */
function writeAll(file: number, buffer: Buffer): void {
  let written = 0;
  while (written < buffer.length) {
    written += fs.writeSync(file, buffer, written, buffer.length - written);
  }
}

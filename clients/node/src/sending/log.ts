/** A line of each kind is written at most this often. */
const SILENCE_MS = 60_000;
/** So many kinds are remembered: some are made of what the application said. */
const KINDS_MAX = 100;

/** Writes warnings, and says how many were left out where there would be too many. */
export class Log {
  readonly #write: (message: string) => void;
  readonly #now: () => number;
  readonly #kinds = new Map<string, { writtenAt: number; leftOut: number }>();

  constructor(write: (message: string) => void, now: () => number = Date.now) {
    this.#write = write;
    this.#now = now;
  }

  #forgetOldest(): void {
    for (const kind of this.#kinds.keys()) {
      this.#kinds.delete(kind);
      return;
    }
  }

  /** Lines of one kind are written once in a while. */
  warn(kind: string, message: string): void {
    const now = this.#now();
    if (!this.#kinds.has(kind) && this.#kinds.size >= KINDS_MAX) this.#forgetOldest();
    const before = this.#kinds.get(kind);
    if (before && now - before.writtenAt < SILENCE_MS) {
      before.leftOut += 1;
      return;
    }
    this.#kinds.set(kind, { writtenAt: now, leftOut: 0 });
    const leftOut = before?.leftOut ? ` (and ${before.leftOut} more like this)` : "";
    try {
      this.#write(`aiusage: ${message}${leftOut}`);
    } catch {
      // Whoever logs for the application must not break it.
    }
  }
}

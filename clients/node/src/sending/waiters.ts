/** How far the sender has come. */
export interface Progress {
  /** So many of the records that were given have left the memory. */
  readonly goneCount: number;
  readonly isDiskEmpty: boolean;
  readonly isAway: boolean;
}

interface Waiter {
  isDone(progress: Progress): boolean;
  finish(isDone: boolean): void;
}

/** Who waits for records to be sent. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for the records that were given so far: until they are sent or, `untilSafe`, on the
   * disk while the service is away. Keeps the program alive: somebody waits.
   */
  wait(timeoutMs: number, givenCount: number, untilSafe: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isDone: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(isDone);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      const isDone = ({ goneCount, isDiskEmpty, isAway }: Progress): boolean =>
        goneCount >= givenCount && (isDiskEmpty || (untilSafe && isAway));
      const waiter = { isDone, finish };
      this.#waiters.add(waiter);
    });
  }

  tell(progress: Progress): void {
    for (const waiter of this.#waiters) if (waiter.isDone(progress)) waiter.finish(true);
  }
}

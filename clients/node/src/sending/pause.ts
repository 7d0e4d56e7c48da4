/** A time to wait that others can cut short. It keeps no program alive. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after the time, or as soon as somebody ends the pause. */
  start(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#end = undefined;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      timer.unref();
      this.#end = end;
    });
  }

  /** Ends the pause, if there is one. */
  end(): void {
    this.#end?.();
  }
}

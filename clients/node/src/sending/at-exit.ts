/** Who has something to do before the program ends. */
export interface ExitAware {
  /** Sends what it can, in a bounded time. */
  drain(): void;
  /** Saves what is in memory, at once. */
  save(): void;
}

const senders = new Set<ExitAware>();

/**
 * From now on `sender` is told when the program ends: when nothing is left to do, and when
 * it is left by `process.exit()` or an exception. Signals end a program without a word; they
 * are the application's to hear, since to hear one is to keep it from ending the program.
 */
export function watchExit(sender: ExitAware): void {
  if (senders.size === 0) {
    process.on("beforeExit", drainAll);
    process.on("exit", saveAll);
  }
  senders.add(sender);
}

export function unwatchExit(sender: ExitAware): void {
  if (!senders.delete(sender) || senders.size > 0) return;
  process.off("beforeExit", drainAll);
  process.off("exit", saveAll);
}

/** Nothing else keeps the program alive: what is sent now does, until it is answered. */
function drainAll(): void {
  for (const sender of senders) sender.drain();
}

function saveAll(): void {
  for (const sender of senders) sender.save();
}

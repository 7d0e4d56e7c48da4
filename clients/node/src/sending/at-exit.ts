import { shared } from "../shared.js";

/** Who has something to do before the program ends. */
export interface ExitAware {
  /** Sends what it can, in a bounded time. */
  drain(): void;
  /** Saves what is in memory, at once. */
  save(): void;
}

const senders = new Set<ExitAware>();
const lastRecords = new Set<() => void>();
let isWatching = false;

/**
 * From now on `sender` is told when the program ends: when nothing is left to do, and when
 * it is left by `process.exit()` or an exception. Signals end a program without a word; they
 * are the application's to hear, since to hear one is to keep it from ending the program.
 */
export function watchExit(sender: ExitAware): void {
  senders.add(sender);
  watch();
}

export function unwatchExit(sender: ExitAware): void {
  senders.delete(sender);
  if (senders.size + lastRecords.size === 0) unwatch();
}

/** `record` makes records of what is unfinished when the program ends. */
export function beforeExit(record: () => void): void {
  lastRecords.add(record);
  watch();
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.on("beforeExit", drainAll);
  process.on("exit", saveAll);
}

function unwatch(): void {
  isWatching = false;
  process.off("beforeExit", drainAll);
  process.off("exit", saveAll);
}

/** Nothing else keeps the program alive: what is sent now does, until it is answered. */
function drainAll(): void {
  for (const record of lastRecords) record();
  for (const sender of senders) sender.drain();
}

function saveAll(): void {
  for (const record of lastRecords) record();
  for (const sender of senders) sender.save();
  // Another copy of this package may have made it, and been told before.
  shared.sender?.save();
}

/**
 * Answers that the application has not read to their end. It may drop one without a word,
 * or end before it has read it: the call is recorded all the same.
 */
import { beforeExit } from "../sending/at-exit.js";

/** What is told when nobody will read an answer any more. */
export interface Unread {
  leave(): void;
}

const open = new Set<Unread>();
const dropped = new FinalizationRegistry<Unread>((answer) => answer.leave());
/** By those through whom an answer is read: it can be read as long as one of them is there. */
const readers = new WeakMap<object, object>();

/** From now on `answer` is left when all who were passed to `readThrough` are gone. */
export function keepUnread(answer: Unread): object {
  if (open.size === 0) beforeExit(leaveAll);
  open.add(answer);
  const hold = {};
  dropped.register(hold, answer, answer);
  return hold;
}

/** The answer of this hold can be read through `reader`, which must not be known to it. */
export function readThrough<Reader extends object>(reader: Reader, hold: object): Reader {
  readers.set(reader, hold);
  return reader;
}

/** The answer is over. */
export function forget(answer: Unread): void {
  open.delete(answer);
  dropped.unregister(answer);
}

function leaveAll(): void {
  for (const answer of open) answer.leave();
}

/**
 * Responses that OpenAI makes in the background: recorded once it is seen how they ended. The
 * answer to such a call tells no usage; the one to a later `retrieve` does. Until then its
 * call waits here, with the context that it was made in.
 */
import { beforeExit } from "../sending/at-exit.js";
import type { TrackedCall } from "../tracking/call.js";

/** When there are more, those that wait longest are recorded as they are. */
const MOST = 1000;

const waiting = new Map<string, TrackedCall>();

/** Keeps a call until its response has ended. False if that need not be waited for. */
export function wait(call: TrackedCall): boolean {
  const id = call.unfinishedId;
  if (id === undefined) return false;
  if (waiting.size === 0) beforeExit(recordAll);
  waiting.set(id, call);
  for (const [longest, each] of waiting) {
    if (waiting.size <= MOST) break;
    waiting.delete(longest);
    each.end();
  }
  return true;
}

/** The call whose response is asked for again; once. */
export function take(id: unknown): TrackedCall | undefined {
  if (typeof id !== "string") return undefined;
  const call = waiting.get(id);
  waiting.delete(id);
  return call;
}

/** Nobody asks any more. */
function recordAll(): void {
  for (const [id, call] of waiting) {
    waiting.delete(id);
    call.end();
  }
}

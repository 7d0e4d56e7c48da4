import { newRecordId } from "./ids.js";
import type { UsageRecord } from "./records.js";
import { pack } from "./sending/pack.js";
import type { Packed } from "./sending/queue.js";
import { Sender } from "./sending/sender.js";
import { isEnabled, readSettings, type SenderOptions } from "./sending/settings.js";
import type { SenderStats } from "./sending/stats.js";
import { shared } from "./shared.js";
import { currentContext, layered } from "./tracking/context.js";
import { activeTraceIds } from "./tracking/trace.js";

/**
 * Says how records are sent. Optional: without it, address and key come from the
 * environment or the credentials file, at the first record. Records that wait under
 * earlier options are sent by those, if they said where to.
 */
export function configure(options: SenderOptions = {}): void {
  const previous = shared.sender;
  shared.options = options;
  shared.sender = undefined;
  if (!previous) return;
  // Nobody knew where to send them.
  for (const record of previous.takeHomeless()) sender().give(record);
  void previous.close();
}

/**
 * Records an AI call that is over, in the background, and returns the record's id. What the
 * record leaves out is taken from the context. Never waits, and never throws unless
 * `raiseErrors` is set.
 */
export function record(given: Partial<UsageRecord>): string {
  // Callers without types may say nothing at all: that is a record of the unknown.
  const fields = given ?? {};
  const recordId = fields.recordId || newRecordId();
  submit(() => {
    const context = currentContext();
    const tags = { ...context.tags, ...fields.tags };
    return layered(activeTraceIds(), context, fields, { recordId, tags });
  });
  return recordId;
}

/**
 * Sends what was recorded until now. False when that took longer than `timeoutMs` (5,000
 * unless configured otherwise): what is left goes on waiting.
 */
export async function flush({ timeoutMs }: { timeoutMs?: number } = {}): Promise<boolean> {
  return sender().flush(timeoutMs);
}

/**
 * Sends what it can within `timeoutMs`, keeps the rest for the next program, and closes the
 * connection. False when something is left. A later record begins anew.
 */
export async function close({ timeoutMs }: { timeoutMs?: number } = {}): Promise<boolean> {
  const closing = shared.sender;
  shared.sender = undefined;
  return closing ? closing.close(timeoutMs) : true;
}

/** What became of the records so far. */
export function senderStats(): SenderStats {
  return sender().stats();
}

/** @internal Sends the record that `make` makes; a mistake in it is a warning. */
export function submit(make: () => Partial<UsageRecord>): void {
  if (!isEnabled(shared.options)) return;
  const fields = guard(make);
  const packed = fields && guard(() => packOrDrop(fields));
  if (packed) sender().give(packed);
}

function packOrDrop(fields: Partial<UsageRecord>): Packed | undefined {
  const { log, drops } = sender();
  const { defaultUserId, raiseErrors } = shared.options;
  try {
    const { record, problems } = pack(fields, defaultUserId);
    if (problems.length > 0 && raiseErrors) throw new TypeError(problems.join("; "));
    for (const problem of problems) log.warn(problem, `a record is mended: ${problem}`);
    return record;
  } catch (error) {
    drops.unpacked(fields, `it cannot be made into a message: ${error}`);
    if (raiseErrors) throw error;
    return undefined;
  }
}

/** @internal Keeps an error of ours from the application, unless it asked for it. */
export function guard<Result>(fn: () => Result): Result | undefined {
  try {
    return fn();
  } catch (error) {
    if (shared.options.raiseErrors) throw error;
    // Another mistake is news.
    sender().log.warn(String(error), `a call is not measured as it should be: ${error}`);
    return undefined;
  }
}

function sender(): Sender {
  shared.sender ??= new Sender(readSettings(shared.options));
  return shared.sender;
}

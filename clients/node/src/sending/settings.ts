import type { Credentials } from "../config.js";
import type { UsageRecord } from "../records.js";

/** Why a record could not be kept. */
export type DropReason =
  /** The service will never take it: its content is wrong. */
  | "refused"
  /** It could not be made into a message. */
  | "invalid"
  /** The service was away for so long that neither memory nor spool had room. */
  | "full"
  /** The program ended while the service was away and there was no spool. */
  | "lost_at_exit";

/** A record that could not be kept. */
export interface Drop {
  readonly reason: DropReason;
  /** What happened, and what to do about it. */
  readonly message: string;
  readonly recordId: string;
  /** The record, to be kept elsewhere: `client.recordUsage(record)` takes it later. */
  readonly record: Partial<UsageRecord>;
}

/** Options of `configure`. */
export interface SenderOptions extends Partial<Credentials> {
  /** Records that wait in memory at most. 10,000 by default. */
  queueRecords?: number;
  /** Bytes that wait in memory at most. 16 MiB by default. */
  queueBytes?: number;
  /** How long a record waits for others to be sent with it. 200 by default. */
  lingerMs?: number;
  /** How long `flush` and the end of the program wait at most. 5,000 by default. */
  flushTimeoutMs?: number;
  /** The user of records that name none, also by their context. "unknown" by default. */
  defaultUserId?: string;
  /** False: nothing is kept or sent, such as in tests. */
  enabled?: boolean;
  /** Throws a `TypeError` for a mistake in what is recorded, instead of a warning. */
  raiseErrors?: boolean;
  /** Hears of every record that could not be kept. */
  onDrop?: (drop: Drop) => void;
  /** Takes what is worth a warning, at most one line a minute of each kind. `console.warn` by default. */
  log?: (message: string) => void;
}

/** The options with their defaults. */
export interface Settings {
  readonly credentials: Partial<Credentials>;
  readonly queueRecords: number;
  readonly queueBytes: number;
  readonly lingerMs: number;
  readonly flushTimeoutMs: number;
  readonly onDrop: ((drop: Drop) => void) | undefined;
  readonly log: (message: string) => void;
}

export function readSettings(options: SenderOptions): Settings {
  const { address, apiKey } = options;
  return {
    credentials: { ...(address && { address }), ...(apiKey && { apiKey }) },
    queueRecords: options.queueRecords ?? 10_000,
    queueBytes: options.queueBytes ?? 16 * 1024 * 1024,
    lingerMs: options.lingerMs ?? 200,
    flushTimeoutMs: options.flushTimeoutMs ?? 5_000,
    onDrop: options.onDrop,
    log: options.log ?? ((message) => console.warn(message)),
  };
}

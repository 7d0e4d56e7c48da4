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

/** When records go to the disk. */
export type SpoolMode = "when_away" | "always" | "never";

/** Options of `configure`. */
export interface SenderOptions extends Partial<Credentials> {
  /**
   * When records go to the disk, where they survive the program: "when_away" (the default),
   * as soon as the service cannot be reached, memory is full or the program ends; "always",
   * each before it is sent, so that even SIGKILL loses none; or "never".
   */
  spool?: SpoolMode;
  /** Else AIUSAGE_SPOOL_DIR, else aiusage/spool in $XDG_STATE_HOME or ~/.local/state. */
  spoolDir?: string;
  /** Bytes that wait on the disk at most, those of other processes included. 256 MiB by default. */
  spoolBytes?: number;
  /** Records that wait in memory at most. 20,000 by default. */
  queueRecords?: number;
  /** Bytes that wait in memory at most. 32 MiB by default. */
  queueBytes?: number;
  /** How long a record waits for others to be sent with it. 200 by default. */
  lingerMs?: number;
  /** How long `flush` and `close` wait at most. 5,000 by default. */
  flushTimeoutMs?: number;
  /** How long the end of the program may be put off to send what is left. 3,000 by default. */
  exitTimeoutMs?: number;
  /** The user of records that name none, also by their context. "unknown" by default. */
  defaultUserId?: string;
  /** False: nothing is kept or sent, such as in tests. So does AIUSAGE_DISABLED=1. */
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
  readonly spool: SpoolMode;
  readonly spoolDir: string | undefined;
  readonly spoolBytes: number;
  readonly queueRecords: number;
  readonly queueBytes: number;
  readonly lingerMs: number;
  readonly flushTimeoutMs: number;
  readonly exitTimeoutMs: number;
  readonly onDrop: ((drop: Drop) => void) | undefined;
  readonly log: (message: string) => void;
}

export function readSettings(options: SenderOptions): Settings {
  const { address, apiKey } = options;
  return {
    credentials: { ...(address && { address }), ...(apiKey && { apiKey }) },
    // What others left behind is not to be sent either.
    spool: isEnabled(options) ? (options.spool ?? "when_away") : "never",
    spoolDir: options.spoolDir,
    spoolBytes: options.spoolBytes ?? 256 * 1024 * 1024,
    queueRecords: options.queueRecords ?? 20_000,
    queueBytes: options.queueBytes ?? 32 * 1024 * 1024,
    lingerMs: options.lingerMs ?? 200,
    flushTimeoutMs: options.flushTimeoutMs ?? 5_000,
    exitTimeoutMs: options.exitTimeoutMs ?? 3_000,
    onDrop: options.onDrop,
    log: options.log ?? ((message) => console.warn(message)),
  };
}

/** What AIUSAGE_DISABLED says that disables nothing. */
const NO: readonly string[] = ["", "0", "false", "no"];

/** Whether anything is kept and sent at all. */
export function isEnabled({ enabled }: SenderOptions): boolean {
  return enabled ?? NO.includes((process.env["AIUSAGE_DISABLED"] ?? "").toLowerCase());
}

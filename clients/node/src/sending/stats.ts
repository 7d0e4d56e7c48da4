/** What became of the records of this process so far. */
export interface SenderStats {
  /** Waiting in memory, those that are just being sent included. */
  readonly queued: number;
  /** Waiting on disk, of this process. */
  readonly spooled: number;
  /** Stored by the service. */
  readonly sent: number;
  /** Sent once more than needed: the service had them. They count once. */
  readonly duplicates: number;
  /** Refused by the service for good, because of their content. */
  readonly refused: number;
  /** Lost for any other reason, such as without room in memory and on disk. */
  readonly dropped: number;
  /** Tries that failed since the service answered last; 0 while all is well. */
  readonly failures: number;
  /** Why the last of them failed; empty while all is well. */
  readonly lastError: string;
}

/** The counters among them. */
export interface Counters {
  sent: number;
  duplicates: number;
  refused: number;
  dropped: number;
}

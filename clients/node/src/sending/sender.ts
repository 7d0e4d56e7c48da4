import { AsyncResource } from "node:async_hooks";

import { RECORDS_PER_REQUEST_MAX } from "../batch.js";
import { type Credentials, findCredentials } from "../config.js";
import { Connection } from "../connection.js";
import { AiusageError, InvalidArgumentError } from "../errors.js";
import { delayMs } from "../retry.js";
import { type ExitAware, unwatchExit, watchExit } from "./at-exit.js";
import { Drops } from "./drops.js";
import { type Answered, exchange, RECORDS_PER_EXCHANGE_MAX } from "./exchange.js";
import { Log } from "./log.js";
import { Pause } from "./pause.js";
import type { Packed } from "./queue.js";
import type { Settings } from "./settings.js";
import { spoolFolder } from "./spool/folder.js";
import { Spool } from "./spool/spool.js";
import type { Counters, SenderStats } from "./stats.js";
import { type Portion, Store } from "./store.js";
import { Waiters } from "./waiters.js";

/** The longest time between two tries while the service is away. */
const DELAY_MAX_MS = 30_000;
/** The same while somebody waits in `flush`. */
const DELAY_WHEN_WAITED_FOR_MAX_MS = 500;
/** What other programs left behind is looked for this often. */
const RESCUE_MS = 30_000;
/** Where the background work belongs: to no request of the application that happens to wake it. */
const BACKGROUND = new AsyncResource("aiusage");

/**
 * Sends records in the background, one stream after the other.
 *
 * Whoever gives a record waits for nothing. One task runs while there is something to send;
 * none of its timers keeps the program alive.
 */
export class Sender implements ExitAware {
  readonly settings: Settings;
  readonly log: Log;
  readonly drops: Drops;
  readonly #counters: Counters = { sent: 0, duplicates: 0, refused: 0, dropped: 0 };
  readonly #store: Store;
  readonly #closing = new AbortController();
  readonly #waiters = new Waiters();
  readonly #pause = new Pause();
  #credentials: Credentials | undefined;
  #connection: Connection | undefined;
  #spool: Spool | undefined;
  #rescuing: NodeJS.Timeout | undefined;
  #givenCount = 0;
  #drainedCount = -1;
  #failures = 0;
  #lastError = "";
  /** So many records go out one by one, to find the one that spoils its request. */
  #singly = 0;
  #isRunning = false;

  constructor(settings: Settings) {
    this.settings = settings;
    this.log = new Log(settings.log);
    this.drops = new Drops(this.#counters, this.log, settings.onDrop);
    this.#store = new Store(settings, () => this.#findSpool());
  }

  /** Takes a record. Never waits, never throws. */
  give(record: Packed): void {
    this.#start();
    if (!this.#store.add(record, this.#failures > 0)) {
      this.drops.packed(record, "full", this.#whyFull());
      return;
    }
    this.#givenCount += 1;
    const isEnough = this.#store.inMemory >= RECORDS_PER_REQUEST_MAX;
    if (isEnough && this.#failures === 0) this.#pause.end();
  }

  stats(): SenderStats {
    return {
      ...this.#counters,
      queued: this.#store.inMemory,
      spooled: this.#store.onDisk,
      failures: this.#failures,
      lastError: this.#lastError,
    };
  }

  /** Sends all that was given, and what earlier programs left; false when it takes too long. */
  flush(timeoutMs = this.settings.flushTimeoutMs): Promise<boolean> {
    this.#rescue();
    return this.#wait(timeoutMs, false);
  }

  /** Sends what it can, saves the rest and closes the connection. */
  async close(timeoutMs = this.settings.flushTimeoutMs): Promise<boolean> {
    await this.#wait(timeoutMs, true);
    this.#closing.abort();
    this.#pause.end();
    clearInterval(this.#rescuing);
    this.#connection?.close();
    const isEmpty = this.#store.inMemory + this.#store.onDisk === 0;
    this.save();
    unwatchExit(this);
    return isEmpty;
  }

  /** What it cannot send, since it found neither address nor key. */
  takeHomeless(): Packed[] {
    try {
      this.#findCredentials();
      return [];
    } catch {
      return this.#store.takeAll();
    }
  }

  drain(): void {
    if (this.#drainedCount === this.#givenCount || this.#store.inMemory === 0) return;
    this.#drainedCount = this.#givenCount;
    void this.#wait(this.settings.exitTimeoutMs, true).then((isDone) => {
      // An attempt to reach the service would keep the program alive.
      if (!isDone) this.#connection?.close();
    });
  }

  save(): void {
    for (const record of this.#store.save()) {
      this.drops.packed(record, "lost_at_exit", `the program ended, and ${this.#whyLost()}`);
    }
    this.#spool?.release();
  }

  #start(): void {
    if (this.#isRunning || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    watchExit(this);
    BACKGROUND.runInAsyncScope(() => {
      if (!this.#rescuing) {
        this.#rescuing = setInterval(() => this.#rescue(), RESCUE_MS).unref();
        this.#rescue();
      }
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    await this.#linger();
    for (;;) {
      const portion = this.#closing.signal.aborted ? undefined : this.#nextPortion();
      if (!portion) break;
      const failure = await this.#send(portion);
      this.#tellWaiters();
      if (failure) await this.#backOff(failure);
      else await this.#linger();
    }
    this.#isRunning = false;
    this.#tellWaiters();
  }

  #nextPortion(): Portion | undefined {
    return this.#store.next(this.#singly > 0 ? 1 : RECORDS_PER_EXCHANGE_MAX);
  }

  /** Waits for more records, unless there are enough or somebody waits for them. */
  async #linger(): Promise<void> {
    const { inMemory, onDisk } = this.#store;
    const isEnough = inMemory + onDisk >= RECORDS_PER_REQUEST_MAX;
    if (!isEnough && this.#waiters.size === 0) await this.#pause.start(this.settings.lingerMs);
  }

  /** Sends records; returns why it could not. */
  async #send(portion: Portion): Promise<Error | undefined> {
    let answered: Answered;
    try {
      this.#connection ??= new Connection(this.#findCredentials());
      answered = await exchange(this.#connection, portion.records, this.#closing.signal);
    } catch (failure) {
      answered = nothingAnswered(failure as Error);
    }
    this.#count(answered);
    const { failure } = answered;
    portion.settle(answered.settledCount + this.#separate(portion, answered));
    if (failure && !(failure instanceof InvalidArgumentError)) this.#fail(failure);
    return failure;
  }

  #count({ settledCount, storedCount, duplicateCount, refusals }: Answered): void {
    if (settledCount > 0) this.#failures = 0;
    if (settledCount > 0) this.#lastError = "";
    this.#singly = Math.max(0, this.#singly - settledCount);
    this.#counters.sent += storedCount;
    this.#counters.duplicates += duplicateCount;
    for (const { record, refusal } of refusals) {
      // The message tells the first of them already, if not all.
      const violations = refusal.violations
        .filter(({ description }) => !refusal.message.includes(description))
        .map(({ field, description }) => `${field}: ${description}`);
      const message = [refusal.message, ...violations].join("; ");
      this.drops.packed(record, "refused", `the service refused it, ${refusal.reason}: ${message}`);
    }
  }

  /**
   * Where a whole request is refused, one record spoils it, and must not hold up the others
   * for ever: they go out one by one until it is found. Returns how many are settled so.
   */
  #separate({ records }: Portion, { settledCount, failure }: Answered): number {
    if (!(failure instanceof InvalidArgumentError)) return 0;
    const [record] = records.slice(settledCount);
    if (this.#singly === 0 || !record) {
      this.#singly = RECORDS_PER_REQUEST_MAX;
      return 0;
    }
    this.#singly -= 1;
    this.drops.packed(record, "refused", `the service refused it: ${failure.message}`);
    return 1;
  }

  #fail(failure: Error): void {
    this.#failures += 1;
    this.#lastError = failure.message;
    // The next try opens another; this one may still be trying, and keep the program alive.
    this.#connection?.close();
    if (this.#closing.signal.aborted) return;
    this.#store.spill();
    this.log.warn("away", `records wait, since they cannot be sent: ${failure.message}`);
  }

  async #backOff(failure: Error): Promise<void> {
    if (failure instanceof InvalidArgumentError || this.#closing.signal.aborted) return;
    const error = failure instanceof AiusageError ? failure : new AiusageError(failure.message);
    const delayMaxMs = this.#waiters.size > 0 ? DELAY_WHEN_WAITED_FOR_MAX_MS : DELAY_MAX_MS;
    await this.#pause.start(delayMs(error, this.#failures, delayMaxMs));
  }

  #rescue(): void {
    if (this.settings.spool === "never" || this.#closing.signal.aborted) return;
    if (this.#findSpool()?.rescue()) this.#start();
  }

  #findSpool(): Spool | undefined {
    try {
      const { spoolDir, spoolBytes } = this.settings;
      this.#spool ??= new Spool(
        spoolFolder(spoolDir, this.#findCredentials()),
        spoolBytes,
        this.log,
      );
    } catch {
      // Not configured: sending says so.
    }
    return this.#spool;
  }

  #findCredentials(): Credentials {
    this.#credentials ??= findCredentials(this.settings.credentials);
    return this.#credentials;
  }

  #whyLost(): string {
    try {
      this.#findCredentials();
    } catch (error) {
      return `nobody said where to send it: ${(error as Error).message}`;
    }
    return this.settings.spool === "never"
      ? 'it could not be sent before, nor kept: the spool is "never"'
      : "it could not be sent before, and found no room on disk";
  }

  #whyFull(): string {
    const { queueRecords, queueBytes, spool } = this.settings;
    return (
      `${this.#store.inMemory} of ${queueRecords} records and ${this.#store.bytesInMemory} of ` +
      `${queueBytes} bytes wait in memory, and the spool ("${spool}") takes no more; see that ` +
      "the service can be reached, or raise queueRecords, queueBytes and spoolBytes"
    );
  }

  /** Waits until what was given so far is sent or, if that is enough, safe on disk. */
  #wait(timeoutMs: number, untilSafe: boolean): Promise<boolean> {
    const waiting = this.#waiters.wait(timeoutMs, this.#givenCount, untilSafe);
    this.#pause.end();
    this.#start();
    this.#tellWaiters();
    return waiting;
  }

  #tellWaiters(): void {
    const { inMemory, onDisk } = this.#store;
    this.#waiters.tell({
      goneCount: this.#givenCount - inMemory,
      isDiskEmpty: onDisk === 0,
      isAway: this.#failures > 0,
    });
  }
}

function nothingAnswered(failure: Error): Answered {
  return { settledCount: 0, storedCount: 0, duplicateCount: 0, refusals: [], failure };
}

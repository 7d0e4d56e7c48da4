import { findCredentials } from "../config.js";
import { Connection } from "../connection.js";
import { AiusageError, InvalidArgumentError } from "../errors.js";
import { delayMs } from "../retry.js";
import { RECORDS_PER_REQUEST_MAX } from "../batch.js";
import { Drops } from "./drops.js";
import { type Answered, exchange, RECORDS_PER_EXCHANGE_MAX } from "./exchange.js";
import { Log } from "./log.js";
import { Pause } from "./pause.js";
import { type Packed, Queue } from "./queue.js";
import type { Settings } from "./settings.js";
import type { Counters, SenderStats } from "./stats.js";

/** The longest time between two tries while the service is away. */
const DELAY_MAX_MS = 30_000;

interface Waiter {
  /** So many records were given when the wait began. */
  readonly givenCount: number;
  readonly untilSafe: boolean;
  readonly done: () => void;
}

/**
 * Sends records in the background, one stream after the other.
 *
 * Whoever gives a record waits for nothing. One task runs while there is something to send;
 * none of its timers keeps the program alive.
 */
export class Sender {
  readonly settings: Settings;
  readonly log: Log;
  readonly drops: Drops;
  readonly #counters: Counters = { sent: 0, duplicates: 0, refused: 0, dropped: 0 };
  readonly #queue: Queue;
  readonly #closing = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #connection: Connection | undefined;
  /** Being sent now; not settled yet. */
  #underWay: Packed[] = [];
  #givenCount = 0;
  #failures = 0;
  /** So many records go out one by one, to find the one that spoils its request. */
  #singly = 0;
  #isRunning = false;
  #pause = new Pause();

  constructor(settings: Settings) {
    this.settings = settings;
    this.log = new Log(settings.log);
    this.drops = new Drops(this.#counters, this.log, settings.onDrop);
    this.#queue = new Queue(settings.queueRecords, settings.queueBytes);
  }

  /** Takes a record. Never waits, never throws. */
  give(record: Packed): void {
    if (!this.#queue.push(record)) {
      this.drops.packed(record, "full", this.#whyFull());
      return;
    }
    this.#givenCount += 1;
    if (this.#queue.length >= RECORDS_PER_REQUEST_MAX && this.#failures === 0) this.#pause.end();
    this.#start();
  }

  stats(): SenderStats {
    const queued = this.#queue.length + this.#underWay.length;
    return { ...this.#counters, queued, spooled: 0, failures: this.#failures };
  }

  /** Sends all that was given; false when that took longer than it may. */
  async flush(timeoutMs = this.settings.flushTimeoutMs): Promise<boolean> {
    return this.#wait(timeoutMs, false);
  }

  /** Sends what it can and closes the connection. */
  async close(timeoutMs = this.settings.flushTimeoutMs): Promise<boolean> {
    const isDone = await this.#wait(timeoutMs, true);
    this.#closing.abort();
    this.#pause.end();
    this.#connection?.close();
    this.save();
    return isDone;
  }

  /** Puts all that is in memory where it survives the program. Waits for nothing. */
  save(): void {
    const records = [...this.#underWay, ...this.#queue.takeAll()];
    this.#underWay = [];
    for (const record of records) {
      this.drops.packed(record, "lost_at_exit", "the program ended while the service was away");
    }
  }

  #start(): void {
    if (this.#isRunning || this.#closing.signal.aborted) return;
    this.#isRunning = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    await this.#linger();
    while (this.#queue.length > 0 && !this.#closing.signal.aborted) {
      const failure = await this.#sendOnce();
      if (failure) await this.#backOff(failure);
      this.#tellWaiters();
      if (!failure && this.#queue.length > 0) await this.#linger();
    }
    this.#isRunning = false;
  }

  /** Waits for more records, unless there are enough or somebody waits for them. */
  async #linger(): Promise<void> {
    if (this.#queue.length >= RECORDS_PER_REQUEST_MAX || this.#waiters.size > 0) return;
    await this.#pause.start(this.settings.lingerMs);
  }

  /** Sends the oldest records; returns why it could not. */
  async #sendOnce(): Promise<Error | undefined> {
    this.#underWay = this.#queue.take(this.#singly > 0 ? 1 : RECORDS_PER_EXCHANGE_MAX);
    let answered: Answered;
    try {
      this.#connection ??= new Connection(findCredentials(this.settings.credentials));
      answered = await exchange(this.#connection, this.#underWay, this.#closing.signal);
    } catch (failure) {
      this.#putBack(this.#underWay);
      return failure as Error;
    }
    this.#count(answered);
    this.#putBack(this.#underWay.slice(answered.settledCount));
    return answered.failure;
  }

  #putBack(records: readonly Packed[]): void {
    // Empty when they were saved meanwhile.
    if (this.#underWay.length > 0) this.#queue.unshift(records);
    this.#underWay = [];
  }

  #count({ settledCount, storedCount, duplicateCount, refusals }: Answered): void {
    if (settledCount > 0) this.#failures = 0;
    this.#singly = Math.max(0, this.#singly - settledCount);
    this.#counters.sent += storedCount;
    this.#counters.duplicates += duplicateCount;
    for (const { record, refusal } of refusals) {
      const violations = refusal.violations.map(
        ({ field, description }) => `${field} ${description}`,
      );
      const message = [refusal.message, ...violations].join("; ");
      this.drops.packed(
        record,
        "refused",
        `the service refused it (${refusal.reason}): ${message}`,
      );
    }
  }

  async #backOff(failure: Error): Promise<void> {
    if (failure instanceof InvalidArgumentError) return this.#separate(failure);
    this.#failures += 1;
    this.log.warn("away", `records wait, since they cannot be sent: ${failure.message}`);
    const error = failure instanceof AiusageError ? failure : new AiusageError(failure.message);
    await this.#pause.start(delayMs(error, this.#failures, DELAY_MAX_MS));
  }

  /** One record spoiled its request: it must not hold up the others for ever. */
  #separate(failure: InvalidArgumentError): void {
    if (this.#singly === 0) {
      this.#singly = Math.min(this.#queue.length, RECORDS_PER_REQUEST_MAX);
      return;
    }
    for (const record of this.#queue.take(1)) {
      this.drops.packed(record, "refused", `the service refused it: ${failure.message}`);
    }
    this.#singly -= 1;
  }

  #whyFull(): string {
    const { queueRecords, queueBytes } = this.settings;
    return (
      `${this.#queue.length} of ${queueRecords} records and ${this.#queue.bytes} of ` +
      `${queueBytes} bytes wait in memory; see that the service is reachable, or raise ` +
      "queueRecords and queueBytes"
    );
  }

  /** Waits until what was given so far is sent or, if that is enough, safe on disk. */
  #wait(timeoutMs: number, untilSafe: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isDone: boolean): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve(isDone);
      };
      // Keeps the program alive: somebody waits.
      const timer = setTimeout(() => finish(false), timeoutMs);
      const waiter = { givenCount: this.#givenCount, untilSafe, done: () => finish(true) };
      this.#waiters.add(waiter);
      this.#pause.end();
      this.#start();
      this.#tellWaiters();
    });
  }

  #tellWaiters(): void {
    const waiting = this.#queue.length + this.#underWay.length;
    for (const { givenCount, done } of this.#waiters) {
      if (this.#givenCount - waiting >= givenCount) done();
    }
  }
}

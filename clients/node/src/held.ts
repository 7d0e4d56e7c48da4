import type { Receipt } from "./answers.js";
import type { CallOptions } from "./caller.js";
import { newRecordId } from "./ids.js";
import type { PlannedCall, UsageRecord } from "./records.js";
import type { Reservation } from "./reservations.js";
import type { UsageRecord as UsageRecordProto } from "./gen/aiusage/v1/usage_service_pb.js";
import * as toProto from "./to-proto.js";

/** What a held reservation needs of the client that made it. */
export interface Holder {
  record(record: UsageRecordProto, options: CallOptions): Promise<Receipt>;
  extend(reservationId: string, options: ExtendOptions): Promise<Reservation>;
  cancel(reservationId: string, options: CallOptions): Promise<Reservation>;
}

/** Options of `extendReservation`. */
export interface ExtendOptions extends CallOptions {
  /** Milliseconds from now on. 10 minutes by default. */
  leaseMs?: number;
}

/** An amount that is set aside while a call is made. */
export class HeldReservation implements AsyncDisposable {
  readonly #holder: Holder;
  readonly #call: PlannedCall;
  #reservation: Reservation;
  #recordId = "";
  #isOver = false;

  /** @internal */
  constructor(holder: Holder, call: PlannedCall, reservation: Reservation) {
    this.#holder = holder;
    this.#call = call;
    this.#reservation = reservation;
  }

  /** The id that a record names to settle it. */
  get reservationId(): string {
    return this.#reservation.reservationId;
  }

  /** What the service said of it last. */
  get reservation(): Reservation {
    return this.#reservation;
  }

  /**
   * Records the call, which takes the place of the reservation.
   *
   * What the reservation knows of the call need not be said again. After an error, the
   * same record may be tried again here: it counts once. Even if it is not stored, the
   * call was made and costs something: what was set aside for it stays so until the
   * record comes or the lease ends.
   */
  async record(fields: Partial<UsageRecord>, options: CallOptions = {}): Promise<Receipt> {
    const { expectedUsage: _, ...call } = this.#call;
    this.#recordId ||= newRecordId();
    const record = toProto.usageRecord({
      ...call,
      recordId: this.#recordId,
      ...fields,
      reservationId: this.reservationId,
    });
    this.#isOver = true;
    const receipt = await this.#holder.record(record, options);
    this.#recordId = "";
    return receipt;
  }

  /** Holds it for longer: a new lease from now on. */
  async extend(options: ExtendOptions = {}): Promise<Reservation> {
    this.#reservation = await this.#holder.extend(this.reservationId, options);
    return this.#reservation;
  }

  /** Gives it back now: the call is not made. */
  async cancel(options: CallOptions = {}): Promise<Reservation> {
    this.#reservation = await this.#holder.cancel(this.reservationId, options);
    this.#isOver = true;
    return this.#reservation;
  }

  /**
   * Gives it back, unless the call was recorded. Never throws: what could not be given
   * back now is given back when the lease ends, and a warning says so.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.cancel();
    } catch (error) {
      const end = this.#reservation.expireTime.toISOString();
      process.emitWarning(
        `reservation ${this.reservationId} could not be given back; ` +
          `its lease ends at ${end}: ${error}`,
        "AiusageWarning",
      );
    }
  }
}

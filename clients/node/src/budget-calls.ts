import type { Receipt } from "./answers.js";
import * as fromProto from "./budgets-from-proto.js";
import * as budgetsToProto from "./budgets-to-proto.js";
import type { Budget, BudgetField, BudgetStatus, NewBudget } from "./budgets.js";
import { Caller, type CallOptions } from "./caller.js";
import { AiusageError, BudgetExceededError } from "./errors.js";
import { receipt } from "./from-proto.js";
import type { UsageRecord as UsageRecordProto } from "./gen/aiusage/v1/usage_service_pb.js";
import { type ExtendOptions, HeldReservation } from "./held.js";
import { newRecordId } from "./ids.js";
import type { PlannedCall } from "./records.js";
import type { Admission, Reservation } from "./reservations.js";
import * as toProto from "./to-proto.js";
import type { Amount } from "./values.js";

/** Options of calls that can be asked what they would do. */
export interface ChangeOptions extends CallOptions {
  /** Only says what would come of it. */
  validateOnly?: boolean;
}

/** Options of `listBudgets`. */
export interface ListBudgetsOptions extends CallOptions {
  /** Only budgets whose scope names this user. */
  userId?: string;
  /** Budgets for one page. */
  pageSize?: number;
}

/** Options of `updateBudget`. */
export interface UpdateBudgetOptions extends ChangeOptions {
  /** The fields to change, such as ["limit"]. */
  fields: readonly BudgetField[];
}

/** Options of `deleteBudget`. */
export interface DeleteBudgetOptions extends ChangeOptions {
  /** Deletes only if nobody has changed the budget since. */
  etag?: string;
}

/** Options of `budgetStatuses`. */
export interface BudgetStatusesOptions extends CallOptions {
  /** Only this budget: of each user, those who used most first. */
  budgetId?: string;
  /** Only budgets that apply to this user. */
  userId?: string;
  /** Statuses for one page. */
  pageSize?: number;
}

/** Options of `reserve`: the call that is about to be made, and how much to hold for it. */
export interface ReserveOptions extends PlannedCall, CallOptions {
  /** The cost to set aside. Else that of expectedUsage. */
  amount?: Amount;
  /** Milliseconds to hold it at most. 10 minutes by default. */
  leaseMs?: number;
}

/** Options of `reserveBudget`. */
export interface ReserveBudgetOptions extends ReserveOptions {
  /** A UUIDv7 from `newRecordId()`, to be able to repeat the call after an error. */
  reservationId?: string;
}

/** Keeps budgets, and admits calls under them. */
export class BudgetCalls extends Caller {
  /** Makes a budget. It also counts what was recorded before, in the period under way. */
  async createBudget(budget: NewBudget, options: ChangeOptions = {}): Promise<Budget> {
    const { validateOnly } = options;
    const request = { budget: budgetsToProto.newBudget(budget), validateOnly };
    const answer = await this.call(this.connection.budgets.createBudget, request, options);
    return fromProto.budget(answer.budget);
  }

  /** A budget; `NotFoundError` when there is none with this id. */
  async getBudget(budgetId: string, options: CallOptions = {}): Promise<Budget> {
    const answer = await this.call(this.connection.budgets.getBudget, { budgetId }, options);
    return fromProto.budget(answer.budget);
  }

  /** Budgets in the order of their ids, read page by page. */
  async *listBudgets(options: ListBudgetsOptions = {}): AsyncGenerator<Budget, void, undefined> {
    const { userId, pageSize } = options;
    const pages = this.pages(this.connection.budgets.listBudgets, { userId, pageSize }, options);
    for await (const page of pages) yield* page.budgets.map(fromProto.budget);
  }

  /**
   * Changes the named fields of a budget to what they are in `budget`: best one that
   * was read before, whose etag then tells whether somebody else has changed it.
   */
  async updateBudget(budget: NewBudget, options: UpdateBudgetOptions): Promise<Budget> {
    const { fields, validateOnly } = options;
    const updateMask = budgetsToProto.updateMask(fields);
    const request = { budget: budgetsToProto.budget(budget), updateMask, validateOnly };
    const answer = await this.call(this.connection.budgets.updateBudget, request, options);
    return fromProto.budget(answer.budget);
  }

  /** Deletes a budget. */
  async deleteBudget(budgetId: string, options: DeleteBudgetOptions = {}): Promise<void> {
    const { etag, validateOnly } = options;
    const request = { budgetId, etag, validateOnly };
    await this.call(this.connection.budgets.deleteBudget, request, options);
  }

  /** How budgets stand now, read page by page. */
  async *budgetStatuses(
    options: BudgetStatusesOptions = {},
  ): AsyncGenerator<BudgetStatus, void, undefined> {
    const { budgetId, userId, pageSize } = options;
    const request = { budgetId, userId, pageSize };
    const pages = this.pages(this.connection.budgets.listBudgetStatuses, request, options);
    for await (const page of pages) yield* page.statuses.map(fromProto.budgetStatus);
  }

  /**
   * Sets an amount aside for one call, in every budget that applies, until the call is
   * recorded, or `await using` leaves its block. Throws `BudgetExceededError` when a
   * budget has no room for it.
   */
  async reserve(options: ReserveOptions): Promise<HeldReservation> {
    const { amount: _, leaseMs: __, timeoutMs: ___, signal: ____, ...call } = options;
    const reservation = admitted(await this.reserveBudget(options));
    const holder = {
      record: this.sendRecord.bind(this),
      extend: this.extendReservation.bind(this),
      cancel: this.cancelReservation.bind(this),
    };
    return new HeldReservation(holder, call, reservation);
  }

  /**
   * Reserves, does the work, and gives the reservation back if nothing was recorded,
   * also when the work throws.
   */
  async withReservation<Result>(
    options: ReserveOptions,
    work: (reservation: HeldReservation) => Promise<Result>,
  ): Promise<Result> {
    const reservation = await this.reserve(options);
    try {
      return await work(reservation);
    } finally {
      await reservation[Symbol.asyncDispose]();
    }
  }

  /**
   * As `reserve`, but the caller settles or cancels, and being refused is an answer.
   * Name the reservation in the record.
   */
  async reserveBudget(options: ReserveBudgetOptions): Promise<Admission> {
    const { reservationId, amount, leaseMs, timeoutMs, signal, ...call } = options;
    const request = {
      // Made before the first try, so that no retry sets aside twice.
      reservationId: reservationId || newRecordId(),
      call: toProto.plannedCall(call),
      amount: toProto.optionalMoney(amount),
      lease: toProto.duration("leaseMs", leaseMs),
    };
    const answer = await this.call(this.connection.budgets.reserveBudget, request, {
      timeoutMs,
      signal,
    });
    return fromProto.admission(answer);
  }

  /** A reservation; `NotFoundError` when there is none with this id. */
  async getReservation(reservationId: string, options: CallOptions = {}): Promise<Reservation> {
    const request = { reservationId };
    const answer = await this.call(this.connection.budgets.getReservation, request, options);
    return fromProto.reservation(answer.reservation);
  }

  /** Gives a held reservation a new lease from now on. */
  async extendReservation(
    reservationId: string,
    options: ExtendOptions = {},
  ): Promise<Reservation> {
    const request = { reservationId, lease: toProto.duration("leaseMs", options.leaseMs) };
    const answer = await this.call(this.connection.budgets.extendReservation, request, options);
    return fromProto.reservation(answer.reservation);
  }

  /** Gives back what a reservation holds. One that has ended stays as it is. */
  async cancelReservation(reservationId: string, options: CallOptions = {}): Promise<Reservation> {
    const request = { reservationId };
    const answer = await this.call(this.connection.budgets.cancelReservation, request, options);
    return fromProto.reservation(answer.reservation);
  }

  /** @internal */
  protected async sendRecord(record: UsageRecordProto, options: CallOptions): Promise<Receipt> {
    const answer = await this.call(this.connection.usage.recordUsage, { record }, options);
    return receipt(answer.receipt);
  }
}

function admitted({ admitted, reservation, refusal }: Admission): Reservation {
  if (admitted) return reservation;
  if (refusal) throw new BudgetExceededError(refusal);
  throw new AiusageError("the service refused and did not say why", { code: "INTERNAL" });
}

import type { BudgetAmount } from "./budgets.js";
import type { ReservationState as ReservationStateProto } from "./gen/aiusage/v1/budget_service_pb.js";
import type { Money, TimeRange } from "./values.js";

/**
 * How a reservation stands. UNSPECIFIED is a state that this version of the client
 * does not know.
 */
export type ReservationState = keyof typeof ReservationStateProto;

/** An amount that is set aside for one call. */
export interface Reservation {
  readonly reservationId: string;
  readonly state: ReservationState;
  /** The cost that was set aside. */
  readonly amount: Money;
  /** The tokens that were set aside. */
  readonly tokens: bigint;
  /** The budgets in which it counts. */
  readonly budgetIds: readonly string[];
  readonly createTime: Date;
  /** When its lease ends. */
  readonly expireTime: Date;
  /** When it ended. Undefined: it is held. */
  readonly endTime: Date | undefined;
  /** The record that settled it. */
  readonly recordId: string;
}

/** Why a reservation was refused. */
export interface BudgetRefusal {
  /** The budget that it did not fit into: of several, the one that lacks most. */
  readonly budgetId: string;
  /** The user, for a budget of each user. */
  readonly userId: string;
  readonly limit: BudgetAmount;
  readonly used: BudgetAmount;
  readonly reserved: BudgetAmount;
  readonly requested: BudgetAmount;
  /** At its end a new one begins. */
  readonly period: TimeRange;
}

/** Whether a call may be made. */
export interface Admission {
  readonly admitted: boolean;
  /** Also there when it was refused. */
  readonly reservation: Reservation;
  /** Undefined when admitted. */
  readonly refusal: BudgetRefusal | undefined;
}

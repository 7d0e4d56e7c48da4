import type * as budgets from "./budgets.js";
import type * as proto from "./gen/aiusage/v1/budget_pb.js";
import { BudgetCycle, BudgetEnforcement, BudgetState } from "./gen/aiusage/v1/budget_pb.js";
import type * as service from "./gen/aiusage/v1/budget_service_pb.js";
import { ReservationState } from "./gen/aiusage/v1/budget_service_pb.js";
import type * as reservations from "./reservations.js";
import { known, money, sent, time, timeRange } from "./values-from-proto.js";

/** A budget, field by field. */
export function budget(message: proto.Budget | undefined): budgets.Budget {
  const { budgetId, displayName, thresholdPercents, replacesBudgetId, etag, ...says } =
    sent(message);
  return {
    budgetId,
    displayName,
    scope: scope(says.scope),
    period: period(sent(says.period)),
    limit: amount(says.limit),
    enforcement: known(BudgetEnforcement, says.enforcement),
    thresholdPercents,
    activeFromTime: says.activeFromTime && time(says.activeFromTime),
    activeToTime: says.activeToTime && time(says.activeToTime),
    replacesBudgetId,
    state: known(BudgetState, says.state),
    etag,
    createTime: says.createTime && time(says.createTime),
    updateTime: says.updateTime && time(says.updateTime),
  };
}

/** The one of cost, tokens and requests that is set. */
export function amount(message: proto.BudgetAmount | undefined): budgets.BudgetAmount {
  const { amount } = sent(message);
  switch (amount.case) {
    case "cost":
      return { cost: money(amount.value) };
    case "tokens":
      return { tokens: amount.value };
    default:
      return { requests: sent(amount.value) };
  }
}

/** How a budget stands. */
export function budgetStatus(message: proto.BudgetStatus): budgets.BudgetStatus {
  return {
    budget: budget(message.budget),
    userId: message.userId,
    period: timeRange(message.period),
    used: amount(message.used),
    reserved: amount(message.reserved),
    remaining: amount(message.remaining),
    percentUsed: message.percentUsed || undefined,
    burnRatePerDay: message.burnRatePerDay,
    exhaustionTime: message.exhaustionTime && time(message.exhaustionTime),
    allowed: message.allowed,
    unpricedCount: message.unpricedCount,
    partialCount: message.partialCount,
  };
}

/** Whether a call may be made. */
export function admission(message: service.ReserveBudgetResponse): reservations.Admission {
  return {
    admitted: message.admitted,
    reservation: reservation(message.reservation),
    refusal: message.refusal && refusal(message.refusal),
  };
}

/** An amount that is set aside. */
export function reservation(message: service.Reservation | undefined): reservations.Reservation {
  const { reservationId, state, tokens, budgetIds, recordId, ...says } = sent(message);
  return {
    reservationId,
    state: known(ReservationState, state),
    amount: money(says.amount),
    tokens,
    budgetIds,
    createTime: time(says.createTime),
    expireTime: time(says.expireTime),
    endTime: says.endTime && time(says.endTime),
    recordId,
  };
}

function refusal(message: service.BudgetRefusal): reservations.BudgetRefusal {
  return {
    budgetId: message.budgetId,
    userId: message.userId,
    limit: amount(message.limit),
    used: amount(message.used),
    reserved: amount(message.reserved),
    requested: amount(message.requested),
    period: timeRange(message.period),
  };
}

/** Absent: all of the tenant, which sets nothing. */
function scope(message: proto.BudgetScope | undefined): budgets.BudgetScope {
  const { userId = "", eachUser = false, feature = "", provider = "" } = message ?? {};
  const { model = "", jobId = "", tags = {} } = message ?? {};
  return { userId, eachUser, feature, provider, model, jobId, tags };
}

function period({ cycle, ...says }: proto.BudgetPeriod): budgets.BudgetPeriod {
  const { anchorDay, rollingDays, timeZone } = says;
  const name = known(BudgetCycle, cycle).toLowerCase() as budgets.BudgetCycle;
  return { cycle: name, anchorDay, rollingDays, timeZone };
}

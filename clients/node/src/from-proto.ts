import type * as answers from "./answers.js";
import { budgetStatus } from "./budgets-from-proto.js";
import type * as pricing from "./gen/aiusage/v1/pricing_service_pb.js";
import { PriceOrigin } from "./gen/aiusage/v1/pricing_service_pb.js";
import { CostStatus, type UsageTotals } from "./gen/aiusage/v1/types_pb.js";
import type * as usage from "./gen/aiusage/v1/usage_service_pb.js";
import { known, money, sent, time, timeRange } from "./values-from-proto.js";

/** Proof that a record is durable. */
export function receipt(message: usage.Receipt | undefined): answers.Receipt {
  const { recordId, recordTime, duplicate, cost, costStatus, priceSetId } = sent(message);
  return {
    recordId,
    recordTime: time(recordTime),
    duplicate,
    cost: cost && money(cost),
    costStatus: known(CostStatus, costStatus),
    priceSetId,
  };
}

/** What became of the record at `index` of the whole batch. */
export function recordResult(
  { outcome }: usage.RecordResult,
  index: number,
  recordId: string,
): answers.RecordResult {
  return {
    index,
    recordId,
    duplicate: outcome.case === "duplicate" ? receipt(outcome.value) : undefined,
    refusal: outcome.case === "refusal" ? refusal(outcome.value) : undefined,
  };
}

/** What one user's AI calls cost. */
export function userCost(message: usage.GetUserCostResponse): answers.UserCost {
  return {
    userId: message.userId,
    range: timeRange(message.range),
    timeZone: message.timeZone,
    totals: totals(message.totals),
    byDay: message.byDay.map(breakdown),
    byFeature: message.byFeature.map(breakdown),
    byProvider: message.byProvider.map(breakdown),
    byModel: message.byModel.map(breakdown),
  };
}

/** Whether a user may make the next call. */
export function budgetCheck(message: usage.CheckBudgetResponse): answers.BudgetCheck {
  return {
    allowed: message.allowed,
    overBudget: message.overBudget,
    spent: message.spent && money(message.spent),
    limit: message.limit && money(message.limit),
    remaining: message.remaining && money(message.remaining),
    percentUsed: message.percentUsed || undefined,
    range: message.range && timeRange(message.range),
    unpricedCount: message.unpricedCount,
    partialCount: message.partialCount,
    timeZone: message.timeZone,
    budgets: message.budgets.map(budgetStatus),
    estimatedCost: message.estimatedCost && money(message.estimatedCost),
  };
}

/** Cost per active user in one window. */
export function cauWindow(message: usage.CauWindow): answers.CauWindow {
  return {
    days: message.days,
    range: timeRange(message.range),
    costPerActiveUser: money(message.costPerActiveUser),
    activeUserCount: message.activeUserCount,
    totalCost: money(message.totalCost),
    unpricedCount: message.unpricedCount,
    partialCount: message.partialCount,
    timeZone: message.timeZone,
  };
}

/** One model with the prices in force at a time. */
export function modelPrice(message: pricing.ModelPrice | undefined): answers.ModelPrice {
  const { provider, model, priceSetId, effectiveFromTime, effectiveToTime, free, rates, ...says } =
    sent(message);
  return {
    provider,
    model,
    priceSetId,
    effectiveFromTime: effectiveFromTime && time(effectiveFromTime),
    effectiveToTime: effectiveToTime && time(effectiveToTime),
    free,
    rates: rates.map(rate),
    origin: known(PriceOrigin, says.origin),
    source: says.source,
  };
}

function rate({ meter, aboveInputTokens, price, per }: pricing.Rate): answers.Rate {
  return { meter, aboveInputTokens, price: money(price), per };
}

function refusal({ reason, message, violations }: usage.Refusal): answers.Refusal {
  return {
    reason,
    message,
    violations: violations.map(({ field, description }) => ({ field, description })),
  };
}

function breakdown(message: usage.UsageBreakdown): answers.UsageBreakdown {
  return { key: message.key, totals: totals(message.totals) };
}

function totals(message: UsageTotals | undefined): answers.UsageTotals {
  const { $typeName: _, $unknown: __, cost, ...counts } = sent(message);
  return { cost: money(cost), ...counts };
}

import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

import type * as answers from "./answers.js";
import type * as pricing from "./gen/aiusage/v1/pricing_service_pb.js";
import { PriceOrigin } from "./gen/aiusage/v1/pricing_service_pb.js";
import {
  CostStatus,
  type Money as MoneyProto,
  type TimeRange as TimeRangeProto,
  type UsageTotals,
} from "./gen/aiusage/v1/types_pb.js";
import type * as usage from "./gen/aiusage/v1/usage_service_pb.js";
import type { Money, TimeRange } from "./values.js";

/** Proof that a record is durable. */
export function receipt(message: usage.Receipt | undefined): answers.Receipt {
  const { recordId, recordTime, duplicate, cost, costStatus, priceSetId } = sent(message);
  return {
    recordId,
    recordTime: time(recordTime),
    duplicate,
    cost: cost && money(cost),
    // A newer service may know more statuses than this client.
    costStatus: (CostStatus[costStatus] as answers.CostStatus | undefined) ?? "UNSPECIFIED",
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
export function budgetStatus(message: usage.CheckBudgetResponse): answers.BudgetStatus {
  return {
    allowed: message.allowed,
    overBudget: message.overBudget,
    spent: money(message.spent),
    limit: money(message.limit),
    remaining: money(message.remaining),
    percentUsed: message.percentUsed || undefined,
    range: timeRange(message.range),
    unpricedCount: message.unpricedCount,
    partialCount: message.partialCount,
    timeZone: message.timeZone,
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
    origin: (PriceOrigin[says.origin] as answers.PriceOrigin | undefined) ?? "UNSPECIFIED",
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

function money(message: MoneyProto | undefined): Money {
  const { amount, currencyCode } = sent(message);
  return { amount, currencyCode };
}

function timeRange(message: TimeRangeProto | undefined): TimeRange {
  const { startTime, endTime } = sent(message);
  return { startTime: time(startTime), endTime: time(endTime) };
}

function time(message: Timestamp | undefined): Date {
  return timestampDate(sent(message));
}

/** The service always sends these messages; one that is missing is its fault. */
function sent<T>(message: T | undefined): T {
  if (message === undefined) throw new TypeError("the service's answer lacks a part");
  return message;
}

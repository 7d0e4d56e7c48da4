/** Budgets in words. */
import {
  type Budget,
  type BudgetAmount,
  BudgetCycle,
  type BudgetPeriod,
  type BudgetScope,
} from "proto/budget_pb.js";

import { parse } from "./decimal";
import { formatMoney } from "./money";
import { formatCount } from "./number";

/** "$12.50", "1,000 tokens", "30 calls". */
export function formatAmount(amount: BudgetAmount | undefined): string {
  const of = amount?.amount;
  switch (of?.case) {
    case "cost":
      return formatMoney(of.value.amount);
    case "tokens":
      return `${formatCount(of.value)} tokens`;
    case "requests":
      return `${formatCount(of.value)} calls`;
    default:
      return "–";
  }
}

export function isNothing(amount: BudgetAmount | undefined): boolean {
  const of = amount?.amount;
  return of?.case === "cost" ? parse(of.value.amount).digits === 0n : !of?.value;
}

/** The amount with all its digits. */
export function exactAmount(amount: BudgetAmount | undefined): string {
  const of = amount?.amount;
  return of?.case === "cost" ? `${of.value.amount} USD` : formatAmount(amount);
}

export function nameOfBudget({ budgetId, displayName }: Budget): string {
  return displayName || budgetId;
}

/** Which records count, such as "each user, feature chat". The one user of it stands apart. */
export function formatScope(scope: BudgetScope | undefined): string {
  if (!scope) return "everything";
  const { eachUser, userId, feature, provider, model, jobId, tags } = scope;
  const parts = [
    eachUser && "each user alone",
    feature && `feature ${feature}`,
    provider && `provider ${provider}`,
    model && `model ${model}`,
    jobId && `job ${jobId}`,
    ...Object.entries(tags).map(([key, value]) => `${key}=${value}`),
  ].filter(Boolean);
  return parts.length > 0 || userId ? parts.join(", ") : "everything";
}

/** "a month", "30 days". */
export function formatCycle(period: BudgetPeriod | undefined): string {
  switch (period?.cycle) {
    case BudgetCycle.DAY:
      return "a day";
    case BudgetCycle.WEEK:
      return "a week";
    case BudgetCycle.MONTH:
      return "a month";
    case BudgetCycle.QUARTER:
      return "a quarter";
    case BudgetCycle.LIFETIME:
      return "for all time";
    case BudgetCycle.ROLLING_DAYS:
      return `in any ${period.rollingDays} days`;
    default:
      return "";
  }
}

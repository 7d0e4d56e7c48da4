import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import type { BudgetCycle, BudgetField, NewBudget, NewBudgetAmount } from "./budgets.js";
import * as proto from "./gen/aiusage/v1/budget_pb.js";
import { newRecordId } from "./ids.js";
import { count, money, refuseUnknown, userId } from "./to-proto.js";

/** A new budget has its id before the first try, so that no retry makes a second one. */
export function newBudget(given: NewBudget): proto.Budget {
  return budget({ ...given, budgetId: given.budgetId || newRecordId() });
}

/** A budget, field by field. What the service sets is left out. */
export function budget(given: NewBudget): proto.Budget {
  refuseUnknown(proto.BudgetSchema, given);
  const { budgetId, displayName, thresholdPercents, replacesBudgetId, etag } = given;
  return create(proto.BudgetSchema, {
    budgetId,
    displayName,
    scope: given.scope && scope(given.scope),
    period: { ...given.period, cycle: cycle(given.period.cycle) },
    limit: amount(given.limit),
    enforcement: proto.BudgetEnforcement[given.enforcement ?? "UNSPECIFIED"],
    thresholdPercents: [...(thresholdPercents ?? [])],
    activeFromTime: given.activeFromTime && timestampFromDate(given.activeFromTime),
    activeToTime: given.activeToTime && timestampFromDate(given.activeToTime),
    replacesBudgetId,
    etag,
  });
}

/** The paths of fields, by the names that the service has for them. */
export function updateMask(fields: readonly BudgetField[]): { paths: string[] } {
  const path = (field: BudgetField): string => {
    const known = proto.BudgetSchema.field[field];
    if (known) return known.name;
    throw new TypeError(`Budget has no ${field}`);
  };
  return { paths: fields.map(path) };
}

function scope(given: NonNullable<NewBudget["scope"]>): proto.BudgetScope {
  refuseUnknown(proto.BudgetScopeSchema, given);
  return create(proto.BudgetScopeSchema, { ...given, userId: userId(given.userId ?? "") });
}

function cycle(given: BudgetCycle): proto.BudgetCycle {
  const number = proto.BudgetCycle[given.toUpperCase() as keyof typeof proto.BudgetCycle];
  if (number !== undefined && given === given.toLowerCase()) return number;
  const words = Object.keys(proto.BudgetCycle).filter((name) => /^(?!UNSPECIFIED)[A-Z]/.test(name));
  throw new TypeError(
    `cycle must be one of ${words.join(", ").toLowerCase()}, is ${JSON.stringify(given)}`,
  );
}

function amount(given: NewBudgetAmount): MessageInitShape<typeof proto.BudgetAmountSchema> {
  const names = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  const { cost, tokens, requests } = given;
  if (names.length === 1) {
    if (cost !== undefined) return { amount: { case: "cost", value: money(cost) } };
    if (tokens !== undefined) {
      return { amount: { case: "tokens", value: count("tokens", tokens) } };
    }
    if (requests !== undefined) {
      return { amount: { case: "requests", value: count("requests", requests) } };
    }
  }
  throw new TypeError(
    `pass one of cost, tokens and requests, not ${names.join(" and ") || "none"}`,
  );
}

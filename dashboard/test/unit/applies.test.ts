import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type BudgetScopeSchema, BudgetStatusSchema } from "proto/budget_pb.js";
import { describe, expect, test } from "vitest";

import { applies } from "../../src/pages/users/applies";

type Scope = MessageInitShape<typeof BudgetScopeSchema>;

const each = { eachUser: true };
const pro = { tags: { plan: "pro" } };
const team = { tags: { team: "a" } };

/** Whether a budget of which something was used applies to a user of a plan. */
function of(scope: Scope | undefined, used: string, plan: string): boolean {
  const amount = { amount: { case: "cost" as const, value: { amount: used } } };
  const budget = scope ? { scope } : {};
  const status = create(BudgetStatusSchema, { budget, used: amount } as MessageInitShape<
    typeof BudgetStatusSchema
  >);
  return applies(status, plan);
}

describe("a budget of which a user has used nothing", () => {
  test.each<[string, Scope | undefined, string, boolean]>([
    ["of everything", undefined, "", true],
    ["for each user", each, "", true],
    ["for each user of a feature", { ...each, feature: "chat" }, "", true],
    ["of the user", { userId: "ada", ...team }, "", true],
    ["for each user of the plan", { ...each, ...pro }, "pro", true],
    ["for each user of another plan", { ...each, ...pro }, "free", false],
    ["for each user of a plan, where none is known", { ...each, ...pro }, "", false],
    ["for each user of a team", { ...each, ...team }, "pro", false],
    ["that a team shares", team, "pro", true],
    ["that another plan shares", pro, "free", false],
  ])("%s", (_, scope, plan, expected) => {
    expect(of(scope, "0", plan)).toBe(expected);
  });
});

test("a budget that has counted something of a user applies, whatever the directory says", () => {
  expect(of({ ...each, ...pro }, "0.01", "free")).toBe(true);
  expect(of({ ...each, ...team }, "0.01", "")).toBe(true);
});

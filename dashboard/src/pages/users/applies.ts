/** Whether a budget is a user's business. */
import type { BudgetStatus } from "proto/budget_pb.js";

import { isNothing } from "../../format/budget";

/**
 * Budgets with labels count calls that carry them, whatever the directory says. One that has
 * counted something of a user applies; of the others, one of another plan does not, and one for
 * each user by other labels is not known to.
 */
export function applies({ budget, used, reserved }: BudgetStatus, plan: string): boolean {
  const { userId = "", eachUser = false, tags = {} } = budget?.scope ?? {};
  const { plan: wanted, ...others } = tags;
  if (userId !== "" || Object.keys(tags).length === 0) return true;
  if (eachUser && !(isNothing(used) && isNothing(reserved))) return true;
  if (wanted !== undefined && plan !== "" && wanted !== plan) return false;
  return !eachUser || (wanted === plan && Object.keys(others).length === 0);
}

import {
  BudgetEnforcement,
  type BudgetScope,
  BudgetState,
  type BudgetStatus,
} from "proto/budget_pb.js";

import {
  exactAmount,
  formatAmount,
  formatCycle,
  formatScope,
  isNothing,
  nameOfBudget,
} from "../format/budget";
import { parse } from "../format/decimal";
import { formatPercent } from "../format/percent";
import { formatDay } from "../format/time";
import { Meter } from "./meter";
import { UserLink } from "./user-link";

interface Props {
  readonly statuses: readonly BudgetStatus[];
  readonly zone: string;
  /** They are all of one budget, each of one user: the user is the name. */
  readonly byUser?: boolean;
}

/** Budgets with how far each is used. */
export function BudgetList({ statuses, zone, byUser = false }: Props) {
  return (
    <ul class="budgets">
      {statuses.map((status) => (
        <li key={`${status.budget?.budgetId} ${status.userId}`}>
          <BudgetLine status={status} zone={zone} byUser={byUser} />
        </li>
      ))}
    </ul>
  );
}

interface LineProps {
  readonly status: BudgetStatus;
  readonly zone: string;
  readonly byUser: boolean;
}

function BudgetLine({ status, zone, byUser }: LineProps) {
  const { budget, userId, used, percentUsed, reserved } = status;
  if (!budget) return null;
  const name = nameOfBudget(budget);
  return (
    <div class="budget">
      <div class="budget-head">
        <h3>{byUser ? <UserLink userId={userId} /> : name}</h3>
        {!byUser && <Scope of={budget.scope} />}
        <Badges status={status} />
      </div>
      <Meter percent={percentUsed} label={`Used of ${name}`} tone={toneOf(percentUsed)} />
      <p class="budget-foot">
        <span>
          <data class="strong" title={exactAmount(used)}>
            {formatAmount(used)}
          </data>{" "}
          of {formatAmount(budget.limit)} {formatCycle(budget.period)}
        </span>
        <span class="muted">
          {isNothing(reserved) ? "" : `${formatAmount(reserved)} reserved · `}
          {formatAmount(status.remaining)} left
          {status.exhaustionTime &&
            toneOf(percentUsed) !== "over" &&
            ` · used up on ${formatDay(status.exhaustionTime, zone)} at this rate`}
        </span>
        <span class="budget-percent">{formatPercent(percentUsed)}</span>
      </p>
    </div>
  );
}

/** Which records count; a user by name. */
function Scope({ of }: { readonly of: BudgetScope | undefined }) {
  const others = formatScope(of);
  return (
    <span class="muted">
      {of?.userId && (
        <>
          user <UserLink userId={of.userId} />
          {others && ", "}
        </>
      )}
      {others}
    </span>
  );
}

function Badges({ status }: { readonly status: BudgetStatus }) {
  const { budget, percentUsed } = status;
  const over = toneOf(percentUsed) === "over";
  return (
    <span class="badges">
      {over && <span class="badge bad">used up</span>}
      {budget?.state === BudgetState.COUNTING && <span class="badge warn">counting</span>}
      <span class="badge">
        {budget?.enforcement === BudgetEnforcement.SOFT ? "only alerts" : "hard limit"}
      </span>
    </span>
  );
}

function toneOf(percent: string): "plain" | "near" | "over" {
  const whole = parse(percent || "0");
  const hundredths = whole.digits / 10n ** BigInt(whole.scale);
  return hundredths >= 100n ? "over" : hundredths >= 80n ? "near" : "plain";
}

import type { Budget } from "proto/budget_pb.js";

import { budgets } from "../../api/services";
import { formatAmount, formatCycle, formatScope, nameOfBudget } from "../../format/budget";
import { BudgetList } from "../../parts/budget-list";
import { Card } from "../../parts/card";
import { useAnswer } from "../../state/answer";

interface Props {
  readonly zone: string;
  readonly turn: number;
}

/** The budgets that each user has alone, with the users who have used most of them. */
export function EachUserBudgets({ zone, turn }: Props) {
  const answer = useAnswer(turn.toString(), async (signal) => {
    const { budgets: all } = await budgets.listBudgets({ pageSize: 1000 }, { signal });
    return all.filter(({ scope }) => scope?.eachUser);
  });
  return (
    <>
      {answer.value?.map((budget) => (
        <EachUserBudget key={budget.budgetId} budget={budget} zone={zone} turn={turn} />
      ))}
    </>
  );
}

const SHOWN = 5;

function EachUserBudget({ budget, zone, turn }: Props & { readonly budget: Budget }) {
  const { budgetId } = budget;
  const answer = useAnswer(turn.toString(), (signal) =>
    budgets.listBudgetStatuses({ budgetId, pageSize: SHOWN }, { signal }),
  );
  const words = `${formatAmount(budget.limit)} ${formatCycle(budget.period)}, ${formatScope(budget.scope)}`;
  return (
    <Card title={nameOfBudget(budget)} answer={answer} note={words}>
      {({ statuses, nextPageToken }) =>
        statuses.length === 0 ? (
          <p class="muted">Nobody has used anything in this period.</p>
        ) : (
          <>
            <BudgetList statuses={statuses} zone={zone} byUser />
            {nextPageToken !== "" && <p class="card-end muted">The {SHOWN} who used most.</p>}
          </>
        )
      }
    </Card>
  );
}

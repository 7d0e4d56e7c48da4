import { budgets } from "../../api/services";
import { BudgetList } from "../../parts/budget-list";
import { Card } from "../../parts/card";
import { useAnswer } from "../../state/answer";

interface Props {
  readonly userId: string;
  readonly zone: string;
}

/** The budgets that a user is held to, and how they stand. */
export function UserBudgets({ userId, zone }: Props) {
  const answer = useAnswer(userId, (signal) =>
    budgets.listBudgetStatuses({ userId, pageSize: 100 }, { signal }),
  );
  return (
    <Card title="Budgets" class="wide" answer={answer}>
      {({ statuses }) =>
        statuses.length === 0 ? (
          <p class="muted">
            No budget applies. One for each user alone:{" "}
            <code>aiusage budget create each --cost 5 --every month --each-user</code>
          </p>
        ) : (
          <BudgetList statuses={statuses} zone={zone} />
        )
      }
    </Card>
  );
}

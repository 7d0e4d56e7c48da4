import { budgets } from "../../api/services";
import { BudgetList } from "../../parts/budget-list";
import { Card } from "../../parts/card";
import { useAnswer } from "../../state/answer";
import { applies } from "./applies";

interface Props {
  readonly userId: string;
  /** The user's plan, as far as the directory knows. */
  readonly plan: string;
  readonly zone: string;
}

/** The budgets that a user is held to, and how they stand. */
export function UserBudgets({ userId, plan, zone }: Props) {
  const answer = useAnswer(userId, (signal) =>
    budgets.listBudgetStatuses({ userId, pageSize: 100 }, { signal }),
  );
  return (
    <Card title="Budgets" class="wide" answer={answer}>
      {({ statuses }) => {
        const shown = statuses.filter((status) => applies(status, plan));
        return (
          <>
            {shown.length > 0 && <BudgetList statuses={shown} zone={zone} />}
            {statuses.length === 0 && (
              <p class="muted">
                No budget applies. One for each user alone:{" "}
                <code>aiusage budget create each --cost 5 --every month --each-user</code>
              </p>
            )}
            {shown.length < statuses.length && (
              <p class="card-end muted">
                {shown.length === 0 && "No budget applies. "}
                Budgets for calls with certain labels are listed once a call of this user counts in
                them.
              </p>
            )}
          </>
        );
      }}
    </Card>
  );
}

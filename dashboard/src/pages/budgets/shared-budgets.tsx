import { budgets } from "../../api/services";
import { BudgetList } from "../../parts/budget-list";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { useAnswer } from "../../state/answer";

interface Props {
  readonly zone: string;
  /** Counts what was heard of: each asks anew. */
  readonly turn: number;
}

/** The budgets that all who are in their scope share. */
export function SharedBudgets({ zone, turn }: Props) {
  const answer = useAnswer(turn.toString(), (signal) =>
    budgets.listBudgetStatuses({ pageSize: 1000 }, { signal }),
  );
  return (
    <Card title="Shared budgets" answer={answer}>
      {({ statuses }) =>
        statuses.length === 0 ? (
          <Empty title="There is no shared budget yet">
            <p>Limit what a team, a feature or everybody together may spend:</p>
            <pre tabIndex={0}>
              <code>aiusage budget create team-a --cost 50 --every month --tag team=a</code>
            </pre>
          </Empty>
        ) : (
          <BudgetList statuses={statuses} zone={zone} />
        )
      }
    </Card>
  );
}

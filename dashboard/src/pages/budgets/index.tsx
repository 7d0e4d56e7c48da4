import { PageHead } from "../../parts/page-head";
import type { PageProps } from "../pages";
import { AlertsCard } from "./alerts-card";
import { EachUserBudgets } from "./each-user-budgets";
import { SharedBudgets } from "./shared-budgets";
import { useAlerts } from "./use-alerts";

/** How budgets stand, and the alerts as they come. */
export function BudgetsPage({ caller }: PageProps) {
  const watched = useAlerts();
  return (
    <>
      <PageHead
        title="Budgets"
        lead="Counted in the statement that stores a call, and held over all servers."
      />
      <div class="grid sided">
        <div>
          <SharedBudgets zone={caller.timeZone} turn={watched.turn} />
          <EachUserBudgets zone={caller.timeZone} turn={watched.turn} />
        </div>
        <AlertsCard watched={watched} zone={caller.timeZone} />
      </div>
    </>
  );
}

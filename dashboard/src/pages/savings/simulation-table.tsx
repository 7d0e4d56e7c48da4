import type { SimulateCostResponse, Simulation } from "proto/analytics_service_pb.js";

import { placesFor } from "../../format/money";
import { formatPlural } from "../../format/number";
import { formatPercent } from "../../format/percent";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { Difference } from "../../parts/difference";
import { Empty } from "../../parts/empty";
import { here } from "../../state/route";

/** What the same usage would have cost, beside what it did. */
export function SimulationTable({ value }: { readonly value: SimulateCostResponse }) {
  const { simulations, totals } = value;
  if (totals?.requestCount === 0n) {
    return (
      <Empty title="No calls to price anew">
        <p>
          Nothing was recorded that this question is about.{" "}
          <a href={here({ days: "90", month: undefined, from: undefined, to: undefined })}>
            Look at the last 90 days
          </a>
          .
        </p>
      </Empty>
    );
  }
  const amounts = simulations.flatMap(({ cost, recordedCost }) => [cost, recordedCost]);
  const places = placesFor(amounts.map((money) => money?.amount ?? "0"));
  return (
    <>
      <p class="note">
        <Count count={totals?.requestCount ?? 0n} /> calls were looked at, which cost{" "}
        <Cost money={totals?.cost} />.
      </p>
      <DataTable
        caption="Simulated cost"
        columns={[
          { title: "With", head: true, render: (one: Simulation) => nameOf(one) },
          {
            title: "Did cost",
            figure: true,
            render: ({ recordedCost }) => <Cost money={recordedCost} places={places} />,
          },
          {
            title: "Would have cost",
            figure: true,
            render: ({ cost }) => <Cost money={cost} places={places} />,
          },
          {
            title: "Saved",
            figure: true,
            render: ({ savings }) => <Difference money={savings} places={places} good="more" />,
          },
          {
            title: "Of it",
            figure: true,
            render: ({ savingsPercent }) => formatPercent(savingsPercent),
          },
          {
            title: "Calls compared",
            figure: true,
            render: ({ pricedCount }) => <Count count={pricedCount} />,
          },
          { title: "", render: (one) => <Doubts of={one} /> },
        ]}
        rows={simulations}
        keyOf={(one) => nameOf(one)}
      />
    </>
  );
}

/** The model that was tried. */
export function nameOf({ choice }: Simulation): string {
  if (!choice) return "The models that were used";
  return choice.provider ? `${choice.provider} / ${choice.model}` : choice.model;
}

/** What one must know before one believes a figure. */
function Doubts({ of }: { readonly of: Simulation }) {
  const { choice, pricedModel, unpricedCount } = of;
  return (
    <span class="reason">
      {choice && pricedModel === "" && "The price list knows no model of this name. "}
      {choice && pricedModel !== "" && pricedModel !== choice.model && `Priced as ${pricedModel}. `}
      {unpricedCount > 0n && `${formatPlural(unpricedCount, "call")} could not be compared.`}
    </span>
  );
}

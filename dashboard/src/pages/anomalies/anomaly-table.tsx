import { Dimension } from "proto/analytics_pb.js";
import type { SpendAnomaly } from "proto/analytics_service_pb.js";

import { placesFor } from "../../format/money";
import { formatExact } from "../../format/number";
import { formatDate } from "../../format/time";
import { formatTimes } from "../../format/times";
import { Cost } from "../../parts/cost";
import { DataTable } from "../../parts/data-table";
import { Difference } from "../../parts/difference";
import { address } from "../../state/address";
import { sharedOf } from "../../state/question";
import { place } from "../../state/route";

/** The days that stand out, the largest difference first. */
export function AnomalyTable({ rows }: { readonly rows: readonly SpendAnomaly[] }) {
  const amounts = rows.flatMap(({ cost, usualCost }) => [cost, usualCost]);
  const places = placesFor(amounts.map((money) => money?.amount ?? "0"));
  return (
    <DataTable
      caption="Days that stand out"
      columns={[
        {
          title: "Day",
          head: true,
          render: (row: SpendAnomaly) => (
            <a class="moment" href={callsOf(row)} title="See the calls of that day">
              {formatDate(row.day)}
            </a>
          ),
        },
        { title: "What", render: (row) => <What row={row} /> },
        {
          title: "Cost",
          figure: true,
          render: ({ cost }) => <Cost money={cost} places={places} />,
        },
        {
          title: "Usually",
          figure: true,
          render: ({ usualCost }) => <Cost money={usualCost} places={places} />,
        },
        {
          title: "Difference",
          figure: true,
          render: ({ difference }) => <Difference money={difference} places={places} good="less" />,
        },
        {
          title: "Times usual",
          hint: "What the day cost, divided by what such a day usually costs.",
          figure: true,
          render: ({ cost, usualCost }) =>
            formatTimes(cost?.amount ?? "0", usualCost?.amount ?? "0"),
        },
        {
          title: "Deviations",
          hint: DEVIATIONS,
          figure: true,
          render: ({ deviations }) => formatExact(deviations),
        },
        {
          title: "Why",
          render: ({ explanation }) => <span class="reason">{explanation}</span>,
        },
      ]}
      rows={rows}
      keyOf={({ day, dimension, key }) => `${day} ${dimension} ${key}`}
    />
  );
}

/** What the figure that days are judged by says. */
export const DEVIATIONS =
  "The difference in multiples of how far such days usually lie from their usual cost.";

const KINDS: Readonly<Partial<Record<Dimension, string>>> = {
  [Dimension.FEATURE]: "feature",
  [Dimension.MODEL]: "model",
};

function What({ row: { dimension, key } }: { readonly row: SpendAnomaly }) {
  const kind = KINDS[dimension];
  if (kind === undefined) return <span class="muted">all together</span>;
  return (
    <>
      <span class="muted">{kind}</span> {key || "(none)"}
    </>
  );
}

/** The log of that day, of the feature or model alone. */
function callsOf({ day, dimension, key }: SpendAnomaly): string {
  const kind = KINDS[dimension];
  return address("/log", sharedOf(place.value.params), {
    ...{ days: undefined, month: undefined, from: day, to: day },
    ...(kind === undefined ? {} : { [kind]: key }),
  });
}

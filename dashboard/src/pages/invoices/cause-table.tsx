import type { GapCause } from "proto/analytics_service_pb.js";

import { placesFor } from "../../format/money";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { Difference } from "../../parts/difference";
import { here, place } from "../../state/route";
import { KINDS, toneOf } from "./kinds";

/** Where the difference comes from: the causes add up to it. A cause shows its days alone. */
export function CauseTable({ causes }: { readonly causes: readonly GapCause[] }) {
  const places = placesFor(causes.map(({ gap }) => gap?.amount ?? "0"));
  const chosen = place.value.params.get("cause");
  return (
    <DataTable
      caption="Causes of the difference"
      columns={[
        {
          title: "Cause",
          head: true,
          render: ({ kind }: GapCause) => (
            <a
              href={here({ cause: chosen === kind.toString() ? undefined : kind.toString() })}
              aria-current={chosen === kind.toString() ? "true" : undefined}
              class={`badge ${toneOf(kind)}`}
            >
              {KINDS[kind]}
            </a>
          ),
        },
        {
          title: "Difference",
          figure: true,
          render: ({ gap }) => <Difference money={gap} places={places} />,
        },
        {
          title: "Days and models",
          figure: true,
          render: ({ rowCount }) => <Count count={rowCount} />,
        },
        {
          title: "What it means",
          render: ({ explanation }) => <span class="reason">{explanation}</span>,
        },
      ]}
      rows={causes}
      keyOf={({ kind }) => kind.toString()}
      current={({ kind }) => chosen === kind.toString()}
    />
  );
}

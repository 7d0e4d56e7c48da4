import { useState } from "preact/hooks";
import type { InvoiceRow } from "proto/analytics_service_pb.js";
import type { Money } from "proto/types_pb.js";

import { placesFor } from "../../format/money";
import { formatCount } from "../../format/number";
import { formatDate } from "../../format/time";
import { Cost } from "../../parts/cost";
import { type Column, DataTable } from "../../parts/data-table";
import { Difference } from "../../parts/difference";
import { Pager } from "../../parts/pager";
import { address } from "../../state/address";
import { here, place } from "../../state/route";
import { KINDS, toneOf } from "./kinds";

interface Props {
  readonly rows: readonly InvoiceRow[];
  readonly provider: string;
  readonly zone: string;
}

const STEP = 25;

/** Each day of each model, the largest difference first. */
export function RowTable({ rows, provider, zone }: Props) {
  const [count, setCount] = useState(STEP);
  const cause = place.value.params.get("cause");
  const matching = rows.filter(({ kind }) => cause === null || kind.toString() === cause);
  const shown = matching.slice(0, count);
  return (
    <div class="invoice-rows">
      <div class="card-head">
        <h3>By day and model</h3>
        {cause !== null && <a href={here({ cause: undefined })}>Show all of them</a>}
      </div>
      <DataTable
        caption="By day and model"
        columns={columnsFor(rows, provider, zone)}
        rows={shown}
        keyOf={({ day, model }) => `${day} ${model}`}
      />
      <Pager
        shown={`${formatCount(BigInt(shown.length))} of ${formatCount(BigInt(matching.length))}`}
        more={matching.length > shown.length}
        loading={false}
        onMore={() => setCount(count + STEP)}
      />
    </div>
  );
}

function columnsFor(
  rows: readonly InvoiceRow[],
  provider: string,
  zone: string,
): Column<InvoiceRow>[] {
  const amounts = rows.flatMap(({ invoiced, recorded }) => [invoiced, recorded]);
  const places = placesFor(amounts.map((money) => money?.amount ?? "0"));
  const amount = (title: string, of: (row: InvoiceRow) => Money | undefined) => ({
    title,
    figure: true,
    render: (row: InvoiceRow) => {
      const money = of(row);
      return money ? <Cost money={money} places={places} /> : "–";
    },
  });
  // The log knows days by the clock of the invoice, and models by the names that calls gave.
  const calls = (day: string) =>
    address("/log", new URLSearchParams(), { from: day, to: day, zone, provider });
  return [
    {
      title: "Day",
      head: true,
      render: ({ day }) => (
        <a class="moment" href={calls(day)} title="See the calls of that day">
          {formatDate(day)}
        </a>
      ),
    },
    { title: "Model", render: ({ model }) => model || "(all)" },
    amount("Invoice", ({ invoiced }) => invoiced),
    amount("Log", ({ recorded }) => recorded),
    {
      title: "Difference",
      figure: true,
      render: ({ gap }) => <Difference money={gap} places={places} />,
    },
    {
      title: "Cause",
      render: ({ kind }) => <span class={`badge ${toneOf(kind)}`}>{KINDS[kind]}</span>,
    },
  ];
}

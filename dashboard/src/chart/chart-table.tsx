import { useState } from "preact/hooks";

import { formatMoney, placesFor } from "../format/money";
import { type Column, DataTable } from "../parts/data-table";
import type { ChartSeries } from "./series";

interface Props {
  readonly label: string;
  readonly steps: readonly string[];
  readonly series: readonly ChartSeries[];
  readonly totals: readonly string[];
}

interface Row {
  readonly step: number;
  readonly name: string;
}

/** The figures of a chart as a table, the latest step first. */
export function ChartTable({ label, steps, series, totals }: Props) {
  const [open, setOpen] = useState(false);
  const places = placesFor(totals);
  const amount = (figure: string | undefined) => (
    <data value={figure} title={`${figure} USD`}>
      {formatMoney(figure ?? "0", places)}
    </data>
  );
  const columns: Column<Row>[] = [
    { title: "When", head: true, render: ({ name }) => name },
    ...(series.length > 1
      ? series.map(({ name, figures }) => {
          return { title: name, figure: true, render: ({ step }: Row) => amount(figures[step]) };
        })
      : []),
    { title: "Total", figure: true, render: ({ step }) => amount(totals[step]) },
  ];
  const rows = steps.map((name, step) => ({ step, name })).toReversed();
  return (
    <details class="chart-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Show as a table</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
          <DataTable
            slim
            caption={label}
            columns={columns}
            rows={rows}
            keyOf={({ step }) => step.toString()}
          />
        </div>
      )}
    </details>
  );
}

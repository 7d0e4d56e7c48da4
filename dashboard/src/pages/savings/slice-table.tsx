import type { Simulation } from "proto/analytics_service_pb.js";

import { ZERO, add, parse, percent, print, subtract } from "../../format/decimal";
import { placesFor } from "../../format/money";
import { formatPercent } from "../../format/percent";
import { formatDate } from "../../format/time";
import { Cost } from "../../parts/cost";
import { type Column, DataTable } from "../../parts/data-table";
import { Difference } from "../../parts/difference";
import { money } from "./money";
import { nameOf } from "./simulation-table";
import type { SliceAnswer } from "./slices";

interface Props {
  readonly slices: readonly SliceAnswer[];
  /** What a slice is. */
  readonly title: string;
  readonly days: boolean;
}

interface Row {
  readonly name: string;
  readonly simulations: readonly Simulation[];
}

/** What each part would have saved, the latest day first; the parts add up to the last line. */
export function SliceTable({ slices, title, days }: Props) {
  const parts: Row[] = slices.map(({ name, answer }) => {
    return { name: days ? formatDate(name) : name || "(none)", simulations: answer.simulations };
  });
  const all: Row = { name: "Together", simulations: sumOf(parts) };
  const rows = days ? parts.toReversed() : parts;
  const one = all.simulations.length === 1;
  const columns = all.simulations.flatMap((simulation, index) =>
    one ? wholeColumns(parts) : [savedColumn(parts, index, nameOf(simulation))],
  );
  return (
    <DataTable
      caption="What each part would have saved"
      columns={[{ title, head: true, render: ({ name }: Row) => name }, ...columns]}
      rows={rows}
      keyOf={({ name }) => name}
      foot={all}
    />
  );
}

/** With one simulation there is room for what it is made of. */
function wholeColumns(rows: readonly Row[]): Column<Row>[] {
  const places = placesFor(rows.map(({ simulations }) => recorded(simulations[0])));
  return [
    {
      title: "Did cost",
      figure: true,
      render: ({ simulations }) => <Cost money={simulations[0]?.recordedCost} places={places} />,
    },
    {
      title: "Would have cost",
      figure: true,
      render: ({ simulations }) => <Cost money={simulations[0]?.cost} places={places} />,
    },
    savedColumn(rows, 0, "Saved"),
    {
      title: "Of it",
      figure: true,
      render: ({ simulations }) => formatPercent(simulations[0]?.savingsPercent ?? ""),
    },
  ];
}

function savedColumn(rows: readonly Row[], index: number, title: string): Column<Row> {
  const places = placesFor(rows.map(({ simulations }) => recorded(simulations[index])));
  return {
    title,
    figure: true,
    render: ({ simulations }) => (
      <Difference money={simulations[index]?.savings} places={places} good="more" />
    ),
  };
}

function recorded(simulation: Simulation | undefined): string {
  return simulation?.recordedCost?.amount ?? "0";
}

/** The exact sums of each simulation over the parts. */
function sumOf(parts: readonly Row[]): Simulation[] {
  const [first] = parts;
  return (first?.simulations ?? []).map((simulation, index) => {
    const sum = (of: (one: Simulation) => string) =>
      parts.map(({ simulations }) => parse(of(simulations[index]!))).reduce(add, ZERO);
    const cost = sum((one) => one.cost?.amount ?? "0");
    const did = sum(recorded);
    const savings = subtract(did, cost);
    const share = percent(savings, did, 4);
    return {
      ...simulation,
      ...{ cost: money(cost), recordedCost: money(did), savings: money(savings) },
      savingsPercent: share ? print(share) : "",
    };
  });
}

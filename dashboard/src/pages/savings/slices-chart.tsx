import { useMemo } from "preact/hooks";

import { Legend } from "../../chart/legend";
import type { ChartSeries } from "../../chart/series";
import { StackChart } from "../../chart/stack-chart";
import { sumSteps } from "../../chart/sum-steps";
import { type Decimal, ZERO, add, compare, parse, print, subtract } from "../../format/decimal";
import { formatStep } from "../../format/time";
import type { SliceAnswer } from "./slices";

/** What each day would have cost, with what that saves or adds. Of one simulation alone. */
export function SlicesChart({ slices }: { readonly slices: readonly SliceAnswer[] }) {
  const shown = useMemo(() => {
    const steps = slices.map(({ name }) => formatStep(name));
    const series = seriesOf(slices);
    return { steps, series, totals: sumSteps(series, steps.length) };
  }, [slices]);
  if (slices.some(({ answer }) => answer.simulations.length !== 1)) return null;
  return (
    <>
      <StackChart label="Cost of each day, simulated" height={200} {...shown} />
      <Legend series={shown.series} param="" keys={[]} />
    </>
  );
}

function seriesOf(slices: readonly SliceAnswer[]): ChartSeries[] {
  const days = slices.map(({ answer: { simulations } }) => ({
    did: parse(simulations[0]?.recordedCost?.amount ?? "0"),
    would: parse(simulations[0]?.cost?.amount ?? "0"),
  }));
  type Day = (typeof days)[number];
  const of = (name: string, colour: number, figure: (day: Day) => Decimal): ChartSeries => {
    const all = days.map(figure);
    return { name, colour, figures: all.map(print), total: print(all.reduce(add, ZERO)) };
  };
  const excess = (a: Decimal, b: Decimal) => (compare(a, b) > 0 ? subtract(a, b) : ZERO);
  const both = of("Cost in either case", 1, ({ did, would }) => {
    return compare(did, would) < 0 ? did : would;
  });
  const saved = of("Would have been saved", 2, ({ did, would }) => excess(did, would));
  const added = of("Would have come on top", 3, ({ did, would }) => excess(would, did));
  return [both, saved, added].filter(({ total }) => parse(total).digits !== 0n);
}

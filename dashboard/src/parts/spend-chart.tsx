import { useMemo } from "preact/hooks";
import type { GetTimeSeriesResponse } from "proto/analytics_service_pb.js";

import { ChartTable } from "../chart/chart-table";
import { Legend } from "../chart/legend";
import { COLOURS, type ChartSeries } from "../chart/series";
import { StackChart } from "../chart/stack-chart";
import { sumSteps } from "../chart/sum-steps";
import { formatStep } from "../format/time";

interface Props {
  readonly value: GetTimeSeriesResponse;
  /** The filter that the keys of the series belong to. */
  readonly param: string;
}

/** Spending over time as a picture, with its legend and as a table. */
export function SpendChart({ value, param }: Props) {
  const shown = useMemo(() => {
    const series = value.series.map(toChartSeries);
    const steps = value.stepNames.map(formatStep);
    const label = `Spend by ${param}, days of ${value.timeZone}`;
    return { label, steps, series, totals: sumSteps(series, steps.length) };
  }, [value, param]);
  const keys = value.series.map(({ key, rest }) => (rest ? undefined : key));
  return (
    <>
      <StackChart {...shown} />
      <Legend series={shown.series} param={param} keys={keys} />
      <ChartTable {...shown} />
    </>
  );
}

function toChartSeries(
  { key, displayName, rest, points, totals }: GetTimeSeriesResponse["series"][number],
  index: number,
): ChartSeries {
  return {
    name: rest ? "Others" : displayName || key || "(none)",
    figures: points.map(({ cost }) => cost?.amount ?? "0"),
    total: totals?.cost?.amount ?? "0",
    colour: rest ? 0 : (index % COLOURS) + 1,
  };
}

import { useMemo } from "preact/hooks";
import type { GetForecastResponse, GetTimeSeriesResponse } from "proto/analytics_service_pb.js";

import { ChartTable } from "../../chart/chart-table";
import { Legend } from "../../chart/legend";
import type { ChartSeries } from "../../chart/series";
import { StackChart } from "../../chart/stack-chart";
import { sumSteps } from "../../chart/sum-steps";
import { ZERO, add, parse, print } from "../../format/decimal";
import { formatStep } from "../../format/time";

interface Props {
  readonly forecast: GetForecastResponse;
  readonly days: GetTimeSeriesResponse;
}

/** The days of the month: what they cost, and what is still to come. */
export function MonthChart({ forecast, days }: Props) {
  const shown = useMemo(() => {
    const series = seriesOf(forecast, days);
    const steps = days.stepNames.map(formatStep);
    const label = `Cost of each day of the month, days of ${forecast.timeZone}`;
    return { label, steps, series, totals: sumSteps(series, steps.length) };
  }, [forecast, days]);
  return (
    <>
      <StackChart {...shown} />
      <Legend series={shown.series} param="" keys={[]} />
      <ChartTable {...shown} />
    </>
  );
}

function seriesOf({ days }: GetForecastResponse, past: GetTimeSeriesResponse): ChartSeries[] {
  const expected = new Map(days.map(({ day, expected }) => [day, expected?.amount ?? "0"]));
  const of = (name: string, colour: number, figures: readonly string[]): ChartSeries => {
    return { name, colour, figures, total: print(figures.map(parse).reduce(add, ZERO)) };
  };
  const { stepNames, series } = past;
  return [
    of(
      "Spent",
      1,
      stepNames.map((_, step) => series[0]?.points[step]?.cost?.amount ?? "0"),
    ),
    of(
      "Expected",
      0,
      stepNames.map((day) => expected.get(day) ?? "0"),
    ),
  ];
}

import { useMemo } from "preact/hooks";
import {
  type GetTimeSeriesResponse,
  Interval,
  type SpendAnomaly,
} from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { ChartTable } from "../../chart/chart-table";
import { Legend } from "../../chart/legend";
import type { ChartSeries } from "../../chart/series";
import { StackChart } from "../../chart/stack-chart";
import { sumSteps } from "../../chart/sum-steps";
import { ZERO, add, parse, print } from "../../format/decimal";
import { formatStep } from "../../format/time";
import { Card } from "../../parts/card";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { intervalChoices } from "../../state/interval";

interface Props {
  readonly asked: Asked;
  readonly anomalies: readonly SpendAnomaly[];
}

/** The cost of each day, with those that stand out in another colour. */
export function DaysCard({ asked, anomalies }: Props) {
  // As many bars as can be told apart.
  const fits = intervalChoices(asked.question.span).some(([name]) => name === "DAY");
  return fits ? <Days asked={asked} anomalies={anomalies} /> : null;
}

function Days({ asked, anomalies }: Props) {
  const answer = useAnswer(asked.key, (signal) =>
    analytics.getTimeSeries({ ...asked.request, interval: Interval.DAY }, { signal }),
  );
  return (
    <Card title="Cost of each day" answer={answer}>
      {(value) => <DaysChart value={value} anomalies={anomalies} />}
    </Card>
  );
}

interface ChartProps {
  readonly value: GetTimeSeriesResponse;
  readonly anomalies: readonly SpendAnomaly[];
}

function DaysChart({ value, anomalies }: ChartProps) {
  const shown = useMemo(() => {
    const series = split(value, new Set(anomalies.map(({ day }) => day)));
    const steps = value.stepNames.map(formatStep);
    const label = `Cost of each day of ${value.timeZone}`;
    return { label, steps, series, totals: sumSteps(series, steps.length) };
  }, [value, anomalies]);
  return (
    <>
      <StackChart {...shown} height={200} />
      <Legend series={shown.series} param="" keys={[]} />
      <ChartTable {...shown} />
    </>
  );
}

/** Each day's cost in one of two series. */
function split({ stepNames, series }: GetTimeSeriesResponse, out: Set<string>): ChartSeries[] {
  const costs = stepNames.map((_, step) => series[0]?.points[step]?.cost?.amount ?? "0");
  const of = (name: string, colour: number, has: (day: string) => boolean): ChartSeries => {
    const figures = costs.map((cost, step) => (has(stepNames[step] ?? "") ? cost : "0"));
    return { name, figures, colour, total: print(figures.map(parse).reduce(add, ZERO)) };
  };
  return [
    of("Days as usual", 1, (day) => !out.has(day)),
    of("Days that stand out", 3, (day) => out.has(day)),
  ];
}

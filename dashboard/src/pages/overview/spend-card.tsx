import { type GetTimeSeriesResponse, Interval } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { COLOURS, type ChartSeries } from "../../chart/series";
import { StackChart } from "../../chart/stack-chart";
import { ChartTable } from "../../chart/chart-table";
import { Legend } from "../../chart/legend";
import { sumSteps } from "../../chart/sum-steps";
import { formatStep } from "../../format/time";
import { Card } from "../../parts/card";
import { ExportLinks } from "../../parts/export-links";
import { Segments } from "../../parts/segments";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { intervalOf, intervalChoices } from "../../state/interval";
import { useMemo } from "preact/hooks";
import { SPLITS, SPLIT_DIMENSIONS, currentSplit } from "./split";

/** Spending over time, by what it was for. */
export function SpendCard({ asked }: { readonly asked: Asked }) {
  const split = currentSplit();
  const interval = intervalOf(asked.question.span);
  const request = {
    ...asked.request,
    interval: Interval[interval],
    splitBy: SPLIT_DIMENSIONS[split],
    top: COLOURS,
  };
  const answer = useAnswer(`${asked.key} ${split} ${interval}`, (signal) =>
    analytics.getTimeSeries(request, { signal }),
  );
  return (
    <Card
      title="Spend over time"
      class="wide"
      answer={answer}
      tools={
        <>
          <Segments label="Split by" param="split" value={split} choices={SPLITS} />
          <Segments
            label="Steps"
            param="interval"
            value={interval}
            choices={intervalChoices(asked.question.span)}
          />
          <ExportLinks of="Spend over time" report={{ case: "timeSeries", value: request }} />
        </>
      }
    >
      {(value) => <Spend value={value} param={split} />}
    </Card>
  );
}

function Spend({ value, param }: { readonly value: GetTimeSeriesResponse; readonly param: string }) {
  const { steps, series, totals } = useMemo(() => {
    const series = value.series.map(toChartSeries);
    const steps = value.stepNames.map(formatStep);
    return { steps, series, totals: sumSteps(series, steps.length) };
  }, [value]);
  const label = `Spend by ${param} in steps of time, ${value.timeZone}`;
  return (
    <>
      <StackChart label={label} steps={steps} series={series} totals={totals} />
      <Legend series={series} param={param} keys={value.series.map(({ key, rest }) => (rest ? undefined : key))} />
      <ChartTable label={label} steps={steps} series={series} totals={totals} />
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

import { Interval } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { COLOURS } from "../../chart/series";
import { Card } from "../../parts/card";
import { ExportLinks } from "../../parts/export-links";
import { Segments } from "../../parts/segments";
import { SpendChart } from "../../parts/spend-chart";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { intervalChoices, intervalOf } from "../../state/interval";
import { SPLITS, SPLIT_DIMENSIONS, currentSplit } from "./split";

/** Spending over time, by what it was for. */
export function SpendCard({ asked }: { readonly asked: Asked }) {
  const split = currentSplit();
  const { span } = asked.question;
  const interval = intervalOf(span);
  const request = {
    ...asked.request,
    interval: Interval[interval],
    splitBy: SPLIT_DIMENSIONS[split],
    top: COLOURS,
  };
  const answer = useAnswer(`${asked.key} ${split} ${interval}`, (signal) =>
    analytics.getTimeSeries(request, { signal }),
  );
  const choices = intervalChoices(span);
  return (
    <Card
      title="Spend over time"
      class="wide"
      answer={answer}
      tools={
        <>
          <Segments label="Split by" param="split" value={split} choices={SPLITS} />
          <Segments label="Steps" param="interval" value={interval} choices={choices} />
          <ExportLinks of="Spend over time" report={{ case: "timeSeries", value: request }} />
        </>
      }
    >
      {(value) => <SpendChart value={value} param={split} />}
    </Card>
  );
}

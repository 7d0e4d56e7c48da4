import { type Dimension } from "proto/analytics_pb.js";

import { analytics } from "../../api/services";
import { BreakdownTable } from "../../parts/breakdown-table";
import { Card } from "../../parts/card";
import { ExportLinks } from "../../parts/export-links";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { SPLITS, SPLIT_DIMENSIONS, currentSplit } from "./split";

/** The same split as the chart's, as figures. */
export function BreakdownCard({ asked }: { readonly asked: Asked }) {
  const split = currentSplit();
  const dimensions: Dimension[] = [SPLIT_DIMENSIONS[split]];
  const request = { ...asked.request, dimensions, top: 8 };
  const answer = useAnswer(`${asked.key} ${split}`, (signal) =>
    analytics.getBreakdown(request, { signal }),
  );
  const name = SPLITS.find(([choice]) => choice === split)?.[1] ?? split;
  return (
    <Card
      title={`By ${name.toLowerCase()}`}
      answer={answer}
      tools={
        <ExportLinks of={`By ${name.toLowerCase()}`} report={{ case: "breakdown", value: request }} />
      }
    >
      {(value) => <BreakdownTable value={value} name={name} param={split} />}
    </Card>
  );
}

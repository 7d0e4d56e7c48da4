import type { Dimension } from "proto/analytics_pb.js";

import { analytics } from "../api/services";
import { useAnswer } from "../state/answer";
import type { Asked } from "../state/asked";
import { BreakdownTable } from "./breakdown-table";
import { Card } from "./card";
import { ExportLinks } from "./export-links";

interface Props {
  readonly request: Pick<Asked["request"], "period"> & { readonly filter: object };
  /** Another text means another request. */
  readonly question: string;
  readonly dimension: Dimension;
  /** The dimension, for people. */
  readonly name: string;
  /** The filter that a key belongs to. */
  readonly param?: string;
}

/** The cost by one dimension. */
export function SplitCard({ request, question, dimension, name, param }: Props) {
  const asked = { ...request, dimensions: [dimension], top: 8 };
  const answer = useAnswer(`${question} ${dimension}`, (signal) =>
    analytics.getBreakdown(asked, { signal }),
  );
  const title = `By ${name.toLowerCase()}`;
  return (
    <Card
      title={title}
      answer={answer}
      tools={<ExportLinks of={title} report={{ case: "breakdown", value: asked }} />}
    >
      {(value) => <BreakdownTable value={value} name={name} {...(param ? { param } : {})} />}
    </Card>
  );
}

import { useMemo } from "preact/hooks";
import { Dimension } from "proto/analytics_pb.js";
import type { SimulateCostResponse } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { formatCount } from "../../format/number";
import { ProblemBox } from "../../parts/problem-box";
import { Segments } from "../../parts/segments";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { place } from "../../state/route";
import type { Assumed } from "./assumption";
import { SliceTable } from "./slice-table";
import { DAYS_MAX, type Slice, daysOf, useSlices } from "./slices";
import { SlicesChart } from "./slices-chart";

interface Props {
  readonly asked: Asked;
  readonly assumed: Assumed;
  /** The answer about all of it. */
  readonly whole: SimulateCostResponse;
}

type By = "none" | "model" | "day";

const CHOICES: readonly (readonly [By, string])[] = [
  ["none", "Together"],
  ["model", "By model used"],
  ["day", "Day by day"],
];

/** So many records are priced again without being told to. */
const READY_MAX = 100_000n;

/** Where the difference comes from. */
export function SlicesCard(props: Props) {
  const { totals } = props.whole;
  const by = currentBy(totals?.requestCount ?? 0n);
  if (totals?.requestCount === 0n) return null;
  return (
    <section class="card" aria-label="Where the difference comes from">
      <div class="card-head">
        <h2>Where the difference comes from</h2>
        <div class="tools">
          <Segments label="Put apart by" param="by" value={by} choices={CHOICES} />
        </div>
      </div>
      {by === "none" && (
        <p class="muted">
          The calls are priced once more for each part: choose what to put them apart by.
        </p>
      )}
      {by === "model" && <ByModel {...props} />}
      {by === "day" && <ByDay {...props} />}
    </section>
  );
}

function currentBy(count: bigint): By {
  const by = place.value.params.get("by");
  const asked = CHOICES.find(([choice]) => choice === by)?.[0];
  return asked ?? (count <= READY_MAX ? "model" : "none");
}

const MODELS_MAX = 12;

function ByModel({ asked, assumed }: Props) {
  const answer = useAnswer(asked.key, async (signal) => {
    const request = { ...asked.request, dimensions: [Dimension.MODEL], top: MODELS_MAX };
    const { rows, restCount } = await analytics.getBreakdown(request, { signal });
    const models = rows.map(({ keys }) => keys[0] ?? "");
    const slices: Slice[] = models.map((name) => {
      return {
        name,
        request: { ...asked.request, filter: { ...asked.request.filter, models: [name] } },
      };
    });
    return { slices, restCount };
  });
  const { value, problem, again } = answer;
  if (problem) return <ProblemBox problem={problem} again={again} />;
  if (!value) return <div class="skeleton" role="status" aria-label="Loading" />;
  return (
    <>
      <Parts slices={value.slices} assumed={assumed} title="Model used" />
      {value.restCount > 0n && (
        <p class="card-end muted">
          {formatCount(value.restCount)} models that cost less are not in this table.
        </p>
      )}
    </>
  );
}

function ByDay({ asked, assumed, whole }: Props) {
  const slices = useMemo(() => daysOf(whole, asked), [whole]);
  if (slices.length > DAYS_MAX) {
    return <p class="muted">Choose {DAYS_MAX} days or less to see them one by one.</p>;
  }
  return <Parts slices={slices} assumed={assumed} title="Day" days />;
}

interface PartsProps {
  readonly slices: readonly Slice[];
  readonly assumed: Assumed;
  readonly title: string;
  readonly days?: boolean;
}

function Parts({ slices, assumed, title, days = false }: PartsProps) {
  const { done, problem, loading, again } = useSlices(slices, assumed);
  return (
    <div aria-busy={loading}>
      {loading && (
        <p class="note" role="status">
          Priced {done.length} of {slices.length}…
        </p>
      )}
      {problem && <ProblemBox problem={problem} again={again} />}
      {days && !loading && <SlicesChart slices={done} />}
      {done.length > 0 && <SliceTable slices={done} title={title} days={days} />}
    </div>
  );
}

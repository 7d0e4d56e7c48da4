import type { GetForecastResponse } from "proto/analytics_service_pb.js";

import { Cost } from "../../parts/cost";
import { Figure } from "../../parts/figure";
import { formatCount } from "../../format/number";

interface Props {
  readonly forecast: GetForecastResponse | undefined;
  readonly loading: boolean;
}

/** What it will be, how sure that is, and what it is from. */
export function ForecastFigures({ forecast, loading }: Props) {
  return (
    <dl class="head-figures" aria-busy={loading}>
      <Figure label="Month will end at" class="lead">
        {forecast ? <Cost money={forecast.expected} /> : "…"}
      </Figure>
      <Figure label="Spent so far">{forecast ? <Cost money={forecast.spent} /> : "…"}</Figure>
      <Figure
        label="Four of five end between"
        note={
          forecast &&
          !forecast.low && <span class="muted">known after seven whole days of history</span>
        }
      >
        {forecast ? <Interval of={forecast} /> : "…"}
      </Figure>
      <Figure label="From a history of" note={<span class="muted">whole days</span>}>
        {forecast ? formatCount(BigInt(forecast.historyDays)) : "…"}
      </Figure>
    </dl>
  );
}

function Interval({ of: { low, high } }: { readonly of: GetForecastResponse }) {
  if (!low || !high) return <>–</>;
  return (
    <span class="interval">
      <Cost money={low} /> <small>and</small> <Cost money={high} />
    </span>
  );
}

import type { GetStatsResponse } from "proto/analytics_service_pb.js";

import { analytics, usage } from "../../api/services";
import { Change } from "../../parts/change";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { Figure } from "../../parts/figure";
import { ProblemBox } from "../../parts/problem-box";
import { type Answer, useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { boundUser } from "../../state/session";
import { address } from "../../state/address";
import { type Span, sharedOf } from "../../state/question";
import { place } from "../../state/route";

interface Props {
  readonly asked: Asked;
  readonly stats: Answer<GetStatsResponse>;
}

/** The figures that one looks for first. */
export function HeadFigures({ asked, stats }: Props) {
  const { value, problem, loading, again } = stats;
  if (problem) return <ProblemBox problem={problem} again={again} />;
  const [current, previous] = [value?.current?.totals, value?.previous?.totals];
  const [today, yesterday] = [value?.today?.totals, value?.yesterday?.totals];
  const cost = current?.cost?.amount ?? "0";
  return (
    <dl class="head-figures" aria-busy={loading}>
      <Figure
        label="Spent"
        class="lead"
        note={
          current && (
            <Change
              now={cost}
              before={previous?.cost?.amount ?? "0"}
              than={spanBefore(asked.question.span)}
            />
          )
        }
      >
        {current ? <Cost money={current.cost} /> : "…"}
      </Figure>
      <Figure
        label="Today so far"
        note={
          yesterday && (
            <>
              <Cost money={yesterday.cost} /> <span class="muted">yesterday</span>
            </>
          )
        }
      >
        {today ? <Cost money={today.cost} /> : "…"}
      </Figure>
      {boundUser.value === "" && (
        <>
          <Forecast asked={asked} />
          <CostPerUser asked={asked} />
        </>
      )}
      <Figure
        label="Calls"
        note={
          current && (
            <>
              <Count count={current.inputTokens + current.outputTokens} brief />{" "}
              <span class="muted">tokens</span>
            </>
          )
        }
      >
        {current ? <Count count={current.requestCount} brief /> : "…"}
      </Figure>
    </dl>
  );
}

function spanBefore(span: Span): string {
  switch (span.kind) {
    case "days":
      return `the ${span.days} days before`;
    case "month":
      return "the month before";
    case "range":
      return "the time before";
  }
}

function Forecast({ asked }: { readonly asked: Asked }) {
  const request = { filter: asked.request.filter, timeZone: asked.question.zone };
  const { value, problem } = useAnswer(asked.key, (signal) =>
    analytics.getForecast(request, { signal }),
  );
  return (
    <Figure
      label={<a href={address("/forecast", sharedOf(place.value.params))}>Month will end at</a>}
      note={
        problem ? (
          <span class="muted">{problem.message}</span>
        ) : value?.low && value.high ? (
          <span title={value.method}>
            <Cost money={value.low} /> <span class="muted">to</span> <Cost money={value.high} />
          </span>
        ) : (
          value && <span class="muted">from {value.historyDays} whole days</span>
        )
      }
    >
      {problem ? "–" : value ? <Cost money={value.expected} /> : "…"}
    </Figure>
  );
}

const WINDOWS = [7, 30, 90];

/** Cost per active user. It is of all records, whatever the filters. */
function CostPerUser({ asked }: { readonly asked: Asked }) {
  const timeZone = asked.question.zone;
  const { value, problem } = useAnswer(timeZone, (signal) =>
    usage.getCau({ days: WINDOWS, timeZone }, { signal }),
  );
  const windows = value?.windows ?? [];
  const [week, month, quarter] = windows;
  return (
    <Figure
      label="Cost per active user"
      class="cau"
      note={
        problem ? (
          <span class="muted">{problem.message}</span>
        ) : (
          week &&
          quarter && (
            <>
              <Cost money={week.costPerActiveUser} /> <span class="muted">7 d</span> ·{" "}
              <Cost money={quarter.costPerActiveUser} /> <span class="muted">90 d</span>
            </>
          )
        )
      }
    >
      {problem ? (
        "–"
      ) : month ? (
        <span title={`${month.activeUserCount} users in 30 days, everything counted`}>
          <Cost money={month.costPerActiveUser} /> <small>30 d</small>
        </span>
      ) : (
        "…"
      )}
    </Figure>
  );
}

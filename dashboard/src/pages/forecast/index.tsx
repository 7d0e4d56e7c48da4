import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Interval } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { PageHead } from "../../parts/page-head";
import { QuestionBar } from "../../parts/question-bar";
import { useAnswer } from "../../state/answer";
import { useAsked } from "../../state/asked";
import { dayAt } from "../../state/day";
import type { PageProps } from "../pages";
import { ForecastFigures } from "./forecast-figures";
import { MonthChart } from "./month-chart";

/** What the current month will come to, day by day. */
export function ForecastPage({ caller }: PageProps) {
  const asked = useAsked(caller);
  const { filter } = asked.request;
  const timeZone = asked.question.zone;
  const answer = useAnswer(asked.key, async (signal) => {
    const forecast = await analytics.getForecast({ filter, timeZone }, { signal });
    const start = forecast.range?.startTime;
    // The same month, whatever the clock does between the two answers.
    const month = dayAt(start ? timestampDate(start) : new Date(), forecast.timeZone).slice(0, 7);
    const period = { period: { case: "month" as const, value: month }, timeZone };
    const request = { period, filter, interval: Interval.DAY };
    const days = await analytics.getTimeSeries(request, { signal });
    return { forecast, days, coverage: forecast.coverage };
  });
  const forecast = answer.value?.forecast;
  return (
    <>
      <PageHead
        title="Forecast"
        lead="What this month will come to, if days go on to cost what such days do."
      >
        <QuestionBar caller={caller} period={false} />
      </PageHead>
      <ForecastFigures forecast={forecast} loading={answer.loading} />
      <Card title="Day by day" answer={answer}>
        {({ forecast, days }) => (
          <>
            <MonthChart forecast={forecast} days={days} />
            <details class="method">
              <summary>How it is worked out</summary>
              <p>{forecast.method}</p>
            </details>
          </>
        )}
      </Card>
    </>
  );
}

import { Dimension } from "proto/analytics_pb.js";
import { Interval } from "proto/analytics_service_pb.js";
import type { Caller } from "../../state/session";

import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { Change } from "../../parts/change";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { ExportLinks } from "../../parts/export-links";
import { Figure } from "../../parts/figure";
import { FirstSteps } from "../../parts/first-steps";
import { PageHead } from "../../parts/page-head";
import { QuestionBar } from "../../parts/question-bar";
import { SplitCard } from "../../parts/split-card";
import { SpendChart } from "../../parts/spend-chart";
import { formatPercent } from "../../format/percent";
import { useAnswer } from "../../state/answer";
import { useAsked } from "../../state/asked";
import { intervalOf } from "../../state/interval";
import { sharedOf } from "../../state/question";
import { address } from "../../state/address";
import { here, place } from "../../state/route";
import { UserBudgets } from "./user-budgets";
import { UserCard, useUser } from "./user-card";

interface Props {
  readonly caller: Caller;
  readonly userId: string;
}

/** One user: who it is, what was spent when and on what, and what budgets hold. */
export function UserView({ caller, userId }: Props) {
  const asked = useAsked(caller);
  const user = useUser(userId);
  const name = user.value?.displayName ?? "";
  const request = { ...asked.request, filter: { ...asked.request.filter, userIds: [userId] } };
  const interval = intervalOf(asked.question.span);
  const series = { ...request, interval: Interval[interval], splitBy: Dimension.MODEL };
  const stats = useAnswer(asked.key, (signal) => analytics.getStats(request, { signal }));
  const days = useAnswer(`${asked.key} ${interval}`, (signal) =>
    analytics.getTimeSeries(series, { signal }),
  );
  const empty = !stats.loading && stats.value?.current?.totals?.requestCount === 0n;
  const log = address("/log", sharedOf(place.value.params), { user: userId });
  return (
    <>
      <PageHead
        title={name || userId}
        lead={
          <>
            {name && `${userId} · `}
            <a href={here({ id: undefined })}>All users</a>
          </>
        }
      >
        <QuestionBar caller={caller} />
      </PageHead>
      <div class="grid">
        <Card title="Spending" answer={stats} tools={<a href={log}>See the calls</a>}>
          {({ current, previous }) => (
            <dl class="figures-grid">
              <Figure
                label="Spent"
                note={
                  <Change
                    now={current?.totals?.cost?.amount ?? "0"}
                    before={previous?.totals?.cost?.amount ?? "0"}
                    than="the time before"
                  />
                }
              >
                <Cost money={current?.totals?.cost} />
              </Figure>
              <Figure label="Calls">
                <Count count={current?.totals?.requestCount ?? 0n} />
              </Figure>
              <Figure label="Succeeded">{formatPercent(current?.successPercent ?? "", 2)}</Figure>
              <Figure label="Without a price">
                <Count count={current?.totals?.unpricedCount ?? 0n} />
              </Figure>
            </dl>
          )}
        </Card>
        <UserCard answer={user} zone={asked.zone} />
        {empty ? (
          <section class="card wide">
            <FirstSteps filtered={true} />
          </section>
        ) : (
          <>
            <Card
              title="Spend over time"
              class="wide"
              answer={days}
              tools={
                <ExportLinks of="Spend over time" report={{ case: "timeSeries", value: series }} />
              }
            >
              {(value) => <SpendChart value={value} param="model" />}
            </Card>
            <SplitCard
              request={request}
              question={asked.key}
              dimension={Dimension.FEATURE}
              name="Feature"
              param="feature"
            />
            <SplitCard
              request={request}
              question={asked.key}
              dimension={Dimension.MODEL}
              name="Model"
              param="model"
            />
          </>
        )}
        <UserBudgets userId={userId} plan={user.value?.plan ?? ""} zone={asked.zone} />
      </div>
    </>
  );
}

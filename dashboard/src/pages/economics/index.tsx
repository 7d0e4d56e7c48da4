import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { ExportLinks } from "../../parts/export-links";
import { PageHead } from "../../parts/page-head";
import { Pager } from "../../parts/pager";
import { ProblemBox } from "../../parts/problem-box";
import { QuestionBar } from "../../parts/question-bar";
import { formatCount } from "../../format/number";
import { useAnswer } from "../../state/answer";
import { useAsked } from "../../state/asked";
import { go, here } from "../../state/route";
import { TOP_MAX, currentTop } from "../../state/top";
import type { PageProps } from "../pages";
import { CohortsCard } from "./cohorts-card";
import { EconomicsTable } from "./economics-table";
import { NoRevenue } from "./no-revenue";
import { TotalFigures } from "./total-figures";

const STEP = 20;

/** What users bring in, set against what their calls cost. */
export function EconomicsPage({ caller }: PageProps) {
  const asked = useAsked(caller);
  const top = currentTop(STEP);
  const request = { period: asked.request.period, top };
  const question = [...asked.question.params].filter(([name]) => TIMES.includes(name)).join();
  const answer = useAnswer(`${question} ${top}`, (signal) =>
    analytics.getUnitEconomics(request, { signal }),
  );
  const total = answer.value?.total;
  // A file has everybody in it.
  const everyUser = { period: request.period };
  return (
    <>
      <PageHead
        title="Unit economics"
        lead="What users bring in, set against what their AI calls cost. Of all records, whatever the filters."
      >
        <QuestionBar caller={caller} filters={false} />
      </PageHead>
      {answer.problem ? (
        <ProblemBox problem={answer.problem} again={answer.again} />
      ) : (
        <TotalFigures total={total} loading={answer.loading} />
      )}
      {total && <NoRevenue total={total} />}
      <Card
        title="By plan"
        answer={{ ...answer, problem: undefined }}
        tools={
          <ExportLinks
            of="Margins by plan"
            report={{ case: "unitEconomicsByPlan", value: everyUser }}
          />
        }
      >
        {({ byPlan, total }) => (
          <EconomicsTable rows={byPlan} name="Plan" caption="Margin by plan" foot={total} />
        )}
      </Card>
      <CohortsCard period={request.period} question={question} />
      <Card
        title="By user, the least margin first"
        answer={{ ...answer, problem: undefined }}
        tools={
          <ExportLinks of="Margins by user" report={{ case: "unitEconomics", value: everyUser }} />
        }
      >
        {({ users, total }) => (
          <>
            <EconomicsTable rows={users} name="User" caption="Margin by user" users />
            <Pager
              shown={`${formatCount(BigInt(users.length))} of ${formatCount(total?.userCount ?? 0n)} users`}
              more={(total?.userCount ?? 0n) > BigInt(users.length) && top < TOP_MAX}
              loading={answer.loading}
              onMore={() => go(here({ top: Math.min(TOP_MAX, top * 2).toString() }), true)}
            />
          </>
        )}
      </Card>
    </>
  );
}

/** What of the address this page follows. */
const TIMES = ["days", "month", "from", "to", "zone"];

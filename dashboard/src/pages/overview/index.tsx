import { analytics } from "../../api/services";
import { FirstSteps } from "../../parts/first-steps";
import { PageHead } from "../../parts/page-head";
import { QuestionBar } from "../../parts/question-bar";
import { SplitCard } from "../../parts/split-card";
import { SumsNote } from "../../parts/sums-note";
import { useAnswer } from "../../state/answer";
import { type Asked, useAsked } from "../../state/asked";
import type { PageProps } from "../pages";
import { CacheCard } from "./cache-card";
import { HeadFigures } from "./head-figures";
import { QualityCard } from "./quality-card";
import { SpendCard } from "./spend-card";
import { SPLITS, SPLIT_DIMENSIONS, currentSplit } from "./split";
import { TopUsersCard } from "./top-users-card";
import { UnpricedNote } from "./unpriced-note";

/** What was spent, on what, by whom, and whether the calls went well. */
export function OverviewPage({ caller }: PageProps) {
  const asked = useAsked(caller);
  const stats = useAnswer(asked.key, (signal) => analytics.getStats(asked.request, { signal }));
  const totals = stats.value?.current?.totals;
  const split = currentSplit();
  const splitName = SPLITS.find(([choice]) => choice === split)?.[1] ?? split;
  const empty = !stats.loading && totals?.requestCount === 0n;
  return (
    <>
      <PageHead title="Overview">
        <QuestionBar caller={caller} />
      </PageHead>
      <UnpricedNote totals={totals} />
      <HeadFigures asked={asked} stats={stats} />
      <SumsNote coverage={stats.value?.coverage} range={stats.value?.current?.range} />
      {empty ? (
        <section class="card">
          <FirstSteps filtered={asked.filtered} />
        </section>
      ) : (
        <div class="grid">
          <SpendCard asked={asked} />
          <QualityCard stats={stats} />
          <CacheCard stats={stats} />
          {caller.userId === "" ? <TopUsersCard asked={asked} /> : <OtherSplit asked={asked} />}
          <SplitCard
            request={asked.request}
            question={asked.key}
            dimension={SPLIT_DIMENSIONS[split]}
            name={splitName}
            param={split}
          />
        </div>
      )}
    </>
  );
}

/** What a key that is bound to one user sees in place of the others. */
function OtherSplit({ asked }: { readonly asked: Asked }) {
  const other = currentSplit() === "model" ? "feature" : "model";
  return (
    <SplitCard
      request={asked.request}
      question={asked.key}
      dimension={SPLIT_DIMENSIONS[other]}
      name={other === "model" ? "Model" : "Feature"}
      param={other}
    />
  );
}

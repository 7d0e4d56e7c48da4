import { PageHead } from "../../parts/page-head";
import { QuestionBar } from "../../parts/question-bar";
import { Segments } from "../../parts/segments";
import { useAsked } from "../../state/asked";
import { place } from "../../state/route";
import type { PageProps } from "../pages";
import { SuggestionsCard } from "./suggestions-card";
import { WhatIf } from "./what-if";

/** Where the same usage would have cost less, and what it would have cost on any terms. */
export function SavingsPage({ caller }: PageProps) {
  const asked = useAsked(caller);
  const show = place.value.params.get("show") === "what-if" ? "what-if" : "suggestions";
  return (
    <>
      <PageHead
        title="Savings"
        lead="What the same calls would have cost otherwise, each by the prices of its own time."
      >
        <QuestionBar caller={caller} />
      </PageHead>
      <div class="bar">
        <Segments
          label="What"
          param="show"
          value={show}
          choices={[
            ["suggestions", "Suggestions"],
            ["what-if", "What if"],
          ]}
        />
      </div>
      {show === "what-if" ? <WhatIf asked={asked} /> : <SuggestionsCard asked={asked} />}
    </>
  );
}

import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { Empty } from "../../parts/empty";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { place } from "../../state/route";
import { AssumptionForm } from "./assumption-form";
import { type Assumption, isAnything, readAssumption, toRequest } from "./assumption";
import { SimulationTable } from "./simulation-table";
import { SlicesCard } from "./slices-card";

/** Recorded usage, priced as if other models had answered or other terms had held. */
export function WhatIf({ asked }: { readonly asked: Asked }) {
  const assumption = readAssumption(place.value.params);
  return (
    <>
      <AssumptionForm key={textOf(assumption)} assumption={assumption} />
      {isAnything(assumption) ? (
        <Simulated asked={asked} assumption={assumption} />
      ) : (
        <section class="card">
          <Empty title="Say what to try">
            <p>
              Another model, more prompt caching, or other terms of the price: every call of this
              time is then priced anew, record by record. Nothing is changed.
            </p>
          </Empty>
        </section>
      )}
    </>
  );
}

interface SimulatedProps {
  readonly asked: Asked;
  readonly assumption: Assumption;
}

function Simulated({ asked, assumption }: SimulatedProps) {
  const assumed = toRequest(assumption);
  const question = `${asked.key} ${textOf(assumption)}`;
  const answer = useAnswer(question, (signal) =>
    analytics.simulateCost({ ...asked.request, ...assumed }, { signal }),
  );
  return (
    <>
      <Card title="What it would have cost" answer={answer}>
        {(value) => <SimulationTable value={value} />}
      </Card>
      {answer.value && !answer.loading && (
        <SlicesCard key={question} asked={asked} assumed={assumed} whole={answer.value} />
      )}
    </>
  );
}

/** Another text means another assumption. */
function textOf(assumption: Assumption): string {
  return JSON.stringify(assumption);
}

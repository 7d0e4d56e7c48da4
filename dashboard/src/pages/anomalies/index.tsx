import { analytics } from "../../api/services";
import { Card } from "../../parts/card";
import { PageHead } from "../../parts/page-head";
import { QuestionBar } from "../../parts/question-bar";
import { Segments } from "../../parts/segments";
import { useAnswer } from "../../state/answer";
import { useAsked } from "../../state/asked";
import type { PageProps } from "../pages";
import { AnomalyTable, DEVIATIONS } from "./anomaly-table";
import { DaysCard } from "./days-card";
import { NoAnomalies } from "./no-anomalies";
import { CHOICES, currentSensitivity } from "./sensitivity";

/** Days on which something cost far more or less than it does. */
export function AnomaliesPage({ caller }: PageProps) {
  const asked = useAsked(caller);
  const sensitivity = currentSensitivity();
  const answer = useAnswer(`${asked.key} ${sensitivity}`, (signal) =>
    analytics.listAnomalies({ ...asked.request, sensitivity }, { signal }),
  );
  return (
    <>
      <PageHead
        title="Anomalies"
        lead="Days on which a feature, a model or all together cost far more or less than usual."
      >
        <QuestionBar caller={caller} />
      </PageHead>
      <DaysCard asked={asked} anomalies={answer.value?.anomalies ?? []} />
      <Card
        title="What stood out"
        answer={answer}
        tools={
          <Segments
            label="How far from the usual"
            param="sensitivity"
            value={sensitivity.toString()}
            choices={CHOICES}
          />
        }
      >
        {(value) => (
          <>
            {value.anomalies.length === 0 ? (
              <NoAnomalies sensitivity={sensitivity} />
            ) : (
              <AnomalyTable rows={value.anomalies} />
            )}
            <details class="method">
              <summary>How it is worked out</summary>
              <p>{value.method}</p>
              <p>
                <strong>Times usual</strong> is the cost divided by the usual one.{" "}
                <strong>Deviations</strong>: {DEVIATIONS} A day stands out by these: where days
                differ much, it takes more.
              </p>
            </details>
          </>
        )}
      </Card>
    </>
  );
}

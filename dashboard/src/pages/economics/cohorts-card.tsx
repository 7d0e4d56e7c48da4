import { type Cohort, CohortBy } from "proto/analytics_service_pb.js";
import type { Money } from "proto/types_pb.js";

import { analytics } from "../../api/services";
import { placesFor } from "../../format/money";
import { formatStep } from "../../format/time";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { type Column, DataTable } from "../../parts/data-table";
import { Segments } from "../../parts/segments";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";
import { place } from "../../state/route";

interface Props {
  readonly period: Asked["request"]["period"];
  /** Another text means another period. */
  readonly question: string;
}

/** How cost is spread over the users who were active. */
export function CohortsCard({ period, question }: Props) {
  const byMonth = place.value.params.get("cohorts") === "month";
  const cohortBy = byMonth ? CohortBy.FIRST_MONTH : CohortBy.PLAN;
  const answer = useAnswer(`${question} ${cohortBy}`, (signal) =>
    analytics.getCohorts({ period, cohortBy }, { signal }),
  );
  return (
    <Card
      title="How cost is spread over active users"
      answer={answer}
      tools={
        <Segments
          label="Put users together by"
          param="cohorts"
          value={byMonth ? "month" : "plan"}
          choices={[
            ["plan", "Plan"],
            ["month", "First month"],
          ]}
        />
      }
    >
      {({ cohorts, total }) => <CohortTable rows={cohorts} total={total} byMonth={byMonth} />}
    </Card>
  );
}

interface TableProps {
  readonly rows: readonly Cohort[];
  readonly total: Cohort | undefined;
  readonly byMonth: boolean;
}

function CohortTable({ rows, total, byMonth }: TableProps) {
  if (rows.length === 0) return <p class="muted">Nobody used anything in this time.</p>;
  const all = total ? [...rows, total] : rows;
  const money = (title: string, of: (cohort: Cohort) => Money | undefined): Column<Cohort> => {
    const places = placesFor(all.map((cohort) => of(cohort)?.amount ?? "0"));
    return { title, figure: true, render: (one) => <Cost money={of(one)} places={places} /> };
  };
  const name = (key: string) => (byMonth ? formatStep(key) : key) || "(no plan)";
  return (
    <DataTable
      caption="How cost is spread"
      columns={[
        {
          title: byMonth ? "First call in" : "Plan",
          head: true,
          render: (cohort) => (cohort === total ? "Together" : name(cohort.key)),
        },
        {
          title: "Active users",
          figure: true,
          render: ({ activeUserCount }) => <Count count={activeUserCount} />,
        },
        money("Cost", ({ cost }) => cost),
        money("For each", ({ costPerActiveUser }) => costPerActiveUser),
        money("Half cost at most", ({ p50 }) => p50),
        money("90 % at most", ({ p90 }) => p90),
        money("99 % at most", ({ p99 }) => p99),
        money("The dearest", ({ max }) => max),
      ]}
      rows={rows}
      keyOf={({ key }) => key}
      foot={total}
    />
  );
}

import type { Caller } from "../../state/session";
import type { GroupCost, UsageRest } from "proto/analytics_service_pb.js";
import type { UsageTotals } from "proto/types_pb.js";
import type { UsageBreakdown } from "proto/usage_service_pb.js";

import { placesFor } from "../../format/money";
import { formatCount } from "../../format/number";
import { formatTime } from "../../format/time";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { Empty } from "../../parts/empty";
import { Figure } from "../../parts/figure";
import { PageHead } from "../../parts/page-head";
import { UserLink } from "../../parts/user-link";
import { useAnswer } from "../../state/answer";
import { here } from "../../state/route";
import type { GroupKind } from "./group-list";

interface Props {
  readonly caller: Caller;
  readonly kind: GroupKind;
  readonly id: string;
}

/** One job or session in all its time: what it cost, by function, model and user. */
export function GroupView({ caller, kind, id }: Props) {
  const answer = useAnswer(id, (signal) => kind.cost(id, signal));
  const { value } = answer;
  const log = `/log?${new URLSearchParams({ [kind.param]: id, days: "3660" }).toString()}`;
  return (
    <>
      <PageHead
        title={id}
        lead={<a href={here({ id: undefined })}>All {kind.title.toLowerCase()}</a>}
      />
      <Card title="Cost" answer={answer} tools={<a href={log}>See the calls</a>}>
        {(cost) =>
          countOf(cost) === 0n ? (
            <Empty title={`No call belongs to this ${kind.what}`}>
              <p>Ids count exactly as calls name them.</p>
            </Empty>
          ) : (
            <Figures cost={cost} zone={caller.timeZone} />
          )
        }
      </Card>
      {value && countOf(value) > 0n && (
        <div class="grid below">
          <Part
            title="By function"
            name="Function"
            parts={value.byFunction}
            rest={value.functionRest}
          />
          <Part title="By model" name="Model" parts={value.byModel} rest={value.modelRest} />
          <Part title="By user" name="User" parts={value.byUser} rest={value.userRest} users />
        </div>
      )}
    </>
  );
}

function countOf({ totals }: GroupCost): bigint {
  return totals?.requestCount ?? 0n;
}

function Figures({ cost, zone }: { readonly cost: GroupCost; readonly zone: string }) {
  const { totals, firstEventTime, lastEventTime } = cost;
  return (
    <dl class="figures-row">
      <Figure label="Cost">
        <Cost money={totals?.cost} />
      </Figure>
      <Figure label="Calls">
        <Count count={totals?.requestCount ?? 0n} />
      </Figure>
      <Figure label="Failed">
        <Count count={totals?.errorCount ?? 0n} />
      </Figure>
      <Figure label="Input tokens">
        <Count count={totals?.inputTokens ?? 0n} brief />
      </Figure>
      <Figure label="Output tokens">
        <Count count={totals?.outputTokens ?? 0n} brief />
      </Figure>
      <Figure label="First call">
        <small>{firstEventTime && formatTime(firstEventTime, zone)}</small>
      </Figure>
      <Figure label="Last call">
        <small>{lastEventTime && formatTime(lastEventTime, zone)}</small>
      </Figure>
    </dl>
  );
}

interface PartProps {
  readonly title: string;
  readonly name: string;
  readonly parts: readonly UsageBreakdown[];
  readonly rest: UsageRest | undefined;
  readonly users?: boolean;
}

interface Row {
  readonly id: string;
  /** Absent: the others. */
  readonly key?: string;
  readonly name: string;
  readonly totals: UsageTotals | undefined;
}

/** A row for each key, and one for the others: they add up. */
function rowsOf(parts: readonly UsageBreakdown[], rest: UsageRest | undefined): readonly Row[] {
  const rows: Row[] = parts.map(({ key, totals }) => ({
    id: `=${key}`,
    key,
    name: key || "(none)",
    totals,
  }));
  if (rest) {
    const others = `${formatCount(rest.count)} others`;
    rows.push({ id: "rest", name: others, totals: rest.totals });
  }
  return rows;
}

function Part({ title, name, parts, rest, users = false }: PartProps) {
  const rows = rowsOf(parts, rest);
  const places = placesFor(rows.map(({ totals }) => totals?.cost?.amount ?? "0"));
  return (
    <section class="card" aria-label={title}>
      <div class="card-head">
        <h2>{title}</h2>
      </div>
      <DataTable
        slim
        caption={title}
        columns={[
          {
            title: name,
            head: true,
            render: ({ key, name }) =>
              users && key !== undefined ? <UserLink userId={key} /> : name,
          },
          {
            title: "Calls",
            figure: true,
            render: ({ totals }) => <Count count={totals?.requestCount ?? 0n} />,
          },
          {
            title: "Cost",
            figure: true,
            render: ({ totals }) => <Cost money={totals?.cost} places={places} />,
          },
        ]}
        rows={rows}
        keyOf={({ id }) => id}
      />
    </section>
  );
}

import type { Caller } from "../../state/session";
import type { GroupCost } from "proto/analytics_service_pb.js";
import type { UsageBreakdown } from "proto/usage_service_pb.js";

import { placesFor } from "../../format/money";
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
          <Part title="By function" name="Function" rows={value.byFunction} />
          <Part title="By model" name="Model" rows={value.byModel} />
          <Part title="By user" name="User" rows={value.byUser} users />
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
  readonly rows: readonly UsageBreakdown[];
  readonly users?: boolean;
}

function Part({ title, name, rows, users = false }: PartProps) {
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
            render: ({ key }: UsageBreakdown) =>
              users ? <UserLink userId={key} /> : key || "(none)",
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
        keyOf={({ key }) => key}
      />
    </section>
  );
}

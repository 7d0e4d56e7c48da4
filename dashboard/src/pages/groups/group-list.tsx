import type { Dimension } from "proto/analytics_pb.js";
import type { Caller } from "../../state/session";
import type { BreakdownRow, GroupCost } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { placesFor } from "../../format/money";
import { formatCount } from "../../format/number";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { Empty } from "../../parts/empty";
import { ExportLinks } from "../../parts/export-links";
import { OpenField } from "../../parts/open-field";
import { PageHead } from "../../parts/page-head";
import { Pager } from "../../parts/pager";
import { QuestionBar } from "../../parts/question-bar";
import { Share } from "../../parts/share";
import { useAnswer } from "../../state/answer";
import { useAsked } from "../../state/asked";
import { go, here } from "../../state/route";
import { TOP_MAX, currentTop } from "../../state/top";

/** What calls belong to: jobs or sessions. */
export interface GroupKind {
  readonly title: string;
  readonly one: string;
  readonly param: string;
  readonly dimension: Dimension;
  /** In a sentence. */
  readonly what: string;
  /** How the command names one. */
  readonly flag: string;
  readonly cost: (id: string, signal: AbortSignal) => Promise<GroupCost>;
}

interface Props {
  readonly caller: Caller;
  readonly kind: GroupKind;
}

const STEP = 50;

/** The dearest jobs or sessions of the period. Calls that belong to none are the first line. */
export function GroupList({ caller, kind }: Props) {
  const asked = useAsked(caller);
  const top = currentTop(STEP);
  const request = { ...asked.request, dimensions: [kind.dimension], top };
  const answer = useAnswer(`${asked.key} ${top}`, (signal) =>
    analytics.getBreakdown(request, { signal }),
  );
  return (
    <>
      <PageHead title={kind.title}>
        <QuestionBar caller={caller} />
      </PageHead>
      <div class="bar">
        <OpenField label={`${kind.one} id`} />
      </div>
      <Card
        title="By cost"
        answer={answer}
        tools={<ExportLinks of={kind.title} report={{ case: "breakdown", value: request }} />}
      >
        {({ rows, restCount, totals }) => {
          const named = rows.filter(({ keys }) => keys[0]);
          if (named.length === 0) return <NoGroups kind={kind} />;
          const none = rows.find(({ keys }) => !keys[0]);
          return (
            <>
              {none && (
                <p class="note">
                  <Cost money={none.totals?.cost} /> of <Cost money={totals?.cost} /> belong to no{" "}
                  {kind.what}.
                </p>
              )}
              <GroupTable rows={named} kind={kind} />
              <Pager
                shown={`${formatCount(BigInt(named.length))} of ${formatCount(BigInt(named.length) + restCount)}`}
                more={restCount > 0n && top < TOP_MAX}
                loading={answer.loading}
                onMore={() => go(here({ top: Math.min(TOP_MAX, top * 2).toString() }), true)}
              />
            </>
          );
        }}
      </Card>
    </>
  );
}

function NoGroups({ kind }: { readonly kind: GroupKind }) {
  return (
    <Empty title={`No call names a ${kind.what}`}>
      <p>Say with each call which one it belongs to, and its cost is kept together:</p>
      <pre tabIndex={0}>
        <code>
          {`aiusage record --user ada --provider openai --model gpt-4o ${kind.flag} \\\n    --input-tokens 1000 --output-tokens 500`}
        </code>
      </pre>
    </Empty>
  );
}

function GroupTable({
  rows,
  kind,
}: {
  readonly rows: readonly BreakdownRow[];
  readonly kind: GroupKind;
}) {
  const places = placesFor(rows.map(({ totals }) => totals?.cost?.amount ?? "0"));
  return (
    <DataTable
      caption={`${kind.title} by cost`}
      columns={[
        {
          title: kind.one,
          head: true,
          render: ({ keys }: BreakdownRow) => <a href={here({ id: keys[0] })}>{keys[0]}</a>,
        },
        {
          title: "Calls",
          figure: true,
          render: ({ totals }) => <Count count={totals?.requestCount ?? 0n} />,
        },
        {
          title: "Failed",
          figure: true,
          render: ({ totals }) => <Count count={totals?.errorCount ?? 0n} />,
        },
        {
          title: "Tokens",
          figure: true,
          render: ({ totals }) => (
            <Count count={(totals?.inputTokens ?? 0n) + (totals?.outputTokens ?? 0n)} brief />
          ),
        },
        {
          title: "Cost",
          figure: true,
          render: ({ totals }) => <Cost money={totals?.cost} places={places} />,
        },
        {
          title: "Share",
          figure: true,
          render: ({ costPercent, keys }) => (
            <Share percent={costPercent} label={`Share of ${keys[0]}`} />
          ),
        },
      ]}
      rows={rows}
      keyOf={({ keys }) => keys[0] ?? ""}
    />
  );
}

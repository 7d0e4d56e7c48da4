import type { ListUsageResponse, UsageEntry } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { formatCount } from "../../format/number";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { ExportLinks } from "../../parts/export-links";
import { FirstSteps } from "../../parts/first-steps";
import { PageHead } from "../../parts/page-head";
import { Pager } from "../../parts/pager";
import { ProblemBox } from "../../parts/problem-box";
import { QuestionBar } from "../../parts/question-bar";
import { SearchField } from "../../parts/search-field";
import { useAsked } from "../../state/asked";
import { usePages } from "../../state/pages-of";
import { go, here, place } from "../../state/route";
import type { PageProps } from "../pages";
import { FailureCauses } from "./failure-causes";
import { LogTable } from "./log-table";
import { RecordDrawer } from "./record-drawer";

const PAGE_SIZE = 50;

type Page = ListUsageResponse & { readonly items: UsageEntry[] };

/** Every call, newest first, and one of them in full. */
export function LogPage({ caller }: PageProps) {
  const asked = useAsked(caller);
  const { params } = place.value;
  const search = params.get("q") ?? "";
  const record = params.get("record");
  const pages = usePages<UsageEntry, Page>(`${asked.key} ${search}`, async (pageToken, signal) => {
    const request = { ...asked.request, search, pageSize: PAGE_SIZE, pageToken };
    const answer = await analytics.listUsage(request, { signal });
    return Object.assign(answer, { items: answer.records });
  });
  const { totals } = pages.first.value ?? {};
  return (
    <>
      <PageHead title="Log">
        <QuestionBar caller={caller} />
      </PageHead>
      <div class="bar">
        <SearchField
          label="Search the log"
          placeholder="User’s id, name or e-mail, feature, session, job, error"
        />
      </div>
      {asked.request.filter.failed && search === "" && <FailureCauses asked={asked} />}
      <Card
        title="Calls"
        answer={pages.first}
        tools={
          <ExportLinks
            of="The log"
            report={{ case: "usage", value: { ...asked.request, search } }}
          />
        }
      >
        {() =>
          pages.items.length === 0 && !pages.more ? (
            <FirstSteps filtered={asked.filtered || search !== ""} />
          ) : (
            <>
              {totals && (
                <p class="note">
                  <Count count={totals.requestCount} /> calls, <Cost money={totals.cost} /> together
                </p>
              )}
              <LogTable rows={pages.items} zone={asked.zone} current={record} />
              {pages.problem && <ProblemBox problem={pages.problem} again={pages.next} />}
              <Pager
                shown={shown(pages.items.length, totals?.requestCount)}
                more={pages.more}
                loading={pages.loading}
                onMore={pages.next}
              />
            </>
          )
        }
      </Card>
      {record && (
        <RecordDrawer
          key={record}
          recordId={record}
          zone={asked.zone}
          close={() => go(here({ record: undefined }))}
        />
      )}
    </>
  );
}

function shown(count: number, all: bigint | undefined): string {
  const here = formatCount(BigInt(count));
  return all === undefined ? `${here} calls` : `${here} of ${formatCount(all)} calls`;
}

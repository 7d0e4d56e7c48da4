import type { Duration } from "@bufbuild/protobuf/wkt";
import type { LatencySummary } from "proto/analytics_pb.js";
import type { GetStatsResponse } from "proto/analytics_service_pb.js";

import { formatDuration } from "../../format/duration";
import { formatPercent } from "../../format/percent";
import { Card } from "../../parts/card";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { Figure } from "../../parts/figure";
import type { Answer } from "../../state/answer";
import { sharedOf } from "../../state/question";
import { address } from "../../state/address";
import { boundUser } from "../../state/session";
import { place } from "../../state/route";

/** Whether calls succeed, and how long they take. */
export function QualityCard({ stats }: { readonly stats: Answer<GetStatsResponse> }) {
  const failures = address("/log", sharedOf(place.value.params), { failed: "true" });
  return (
    <Card title="Reliability" answer={{ ...stats, problem: undefined }}>
      {({ current }) => (
        <>
          <dl class="figures-row">
            <Figure label="Succeeded" note={<Compare stats={stats.value} />}>
              {formatPercent(current?.successPercent ?? "", 2)}
            </Figure>
            <Figure label="Failed" note={<a href={failures}>See them</a>}>
              <Count count={current?.totals?.errorCount ?? 0n} />
            </Figure>
            {boundUser.value === "" && current?.activeUserCount !== undefined && (
              <Figure label="Active users">
                <Count count={current.activeUserCount} />
              </Figure>
            )}
          </dl>
          <Times
            rows={[
              ["Whole answer", current?.latency],
              ["First token", current?.timeToFirstToken],
            ]}
          />
        </>
      )}
    </Card>
  );
}

function Compare({ stats }: { readonly stats: GetStatsResponse | undefined }) {
  const before = stats?.previous?.successPercent ?? "";
  if (before === "") return null;
  return <span class="muted">{formatPercent(before, 2)} before</span>;
}

type Row = readonly [string, LatencySummary | undefined];

/** Percentiles are from a histogram, so they are about right: at most 9.1 % beside. */
function Times({ rows }: { readonly rows: readonly Row[] }) {
  const column = (title: string, of: (times: LatencySummary) => Duration | undefined) => ({
    title,
    figure: true,
    render: ([, times]: Row) => {
      const time = times && of(times);
      return time ? formatDuration(time) : "–";
    },
  });
  return (
    <DataTable
      slim
      caption="How long calls take"
      columns={[
        { title: "Time to", head: true, render: ([name]: Row) => name },
        column("p50", ({ p50 }) => p50),
        column("p90", ({ p90 }) => p90),
        column("p99", ({ p99 }) => p99),
        column("Mean", ({ mean }) => mean),
      ]}
      rows={rows}
      keyOf={([name]) => name}
    />
  );
}

import type { UsageEntry } from "proto/analytics_service_pb.js";

import { formatDuration } from "../../format/duration";
import { formatCount } from "../../format/number";
import { formatMoment, formatTime } from "../../format/time";
import { Cost } from "../../parts/cost";
import { DataTable } from "../../parts/data-table";
import { StatusBadge } from "../../parts/status-badge";
import { UserLink } from "../../parts/user-link";
import { here } from "../../state/route";

interface Props {
  readonly rows: readonly UsageEntry[];
  readonly zone: string;
  /** The record that is open. */
  readonly current: string | null;
}

/** Calls in short. All costs have the same digits, so that they can be compared. */
export function LogTable({ rows, zone, current }: Props) {
  return (
    <DataTable
      caption="Calls, newest first"
      columns={[
        {
          title: "When",
          head: true,
          render: ({ eventTime, recordId }: UsageEntry) =>
            eventTime && (
              <a
                class="moment"
                href={here({ record: recordId })}
                title={formatTime(eventTime, zone)}
              >
                {formatMoment(eventTime, zone)}
              </a>
            ),
        },
        {
          title: "User",
          render: ({ userId, userDisplayName }) => (
            <UserLink userId={userId} name={userDisplayName} />
          ),
        },
        {
          title: "Feature",
          render: ({ feature, functionName }) => (
            <>
              {feature || "–"}
              {functionName && <span class="muted"> · {functionName}</span>}
            </>
          ),
        },
        {
          title: "Model",
          render: ({ model, responseModel, provider }) => (
            <span title={provider}>{model || responseModel}</span>
          ),
        },
        { title: "In", figure: true, render: ({ inputTokens }) => tokens(inputTokens) },
        { title: "Out", figure: true, render: ({ outputTokens }) => tokens(outputTokens) },
        {
          title: "Took",
          figure: true,
          render: ({ latency }) => (latency ? formatDuration(latency) : "–"),
        },
        {
          title: "Status",
          render: ({ status, cachedResponse }) => (
            <StatusBadge status={status} cached={cachedResponse} />
          ),
        },
        { title: "Cost", figure: true, render: ({ cost }) => <Cost money={cost} places={6} /> },
      ]}
      rows={rows}
      keyOf={({ recordId }) => recordId}
      current={({ recordId }) => recordId === current}
    />
  );
}

function tokens(count: bigint | undefined): string {
  return count === undefined ? "–" : formatCount(count);
}

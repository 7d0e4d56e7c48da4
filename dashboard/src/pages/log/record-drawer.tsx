import type { JsonObject } from "@bufbuild/protobuf";
import type { GetUsageResponse } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { formatDuration } from "../../format/duration";
import { formatTime } from "../../format/time";
import { Drawer } from "../../parts/drawer";
import { Facts } from "../../parts/facts";
import { ProblemBox } from "../../parts/problem-box";
import { StatusBadge } from "../../parts/status-badge";
import { UserLink } from "../../parts/user-link";
import { useAnswer } from "../../state/answer";
import { CostExplanation } from "./cost-explanation";

interface Props {
  readonly recordId: string;
  readonly zone: string;
  readonly close: () => void;
}

/** One call with all that is known of it. */
export function RecordDrawer({ recordId, zone, close }: Props) {
  const { value, problem, again } = useAnswer(recordId, (signal) =>
    analytics.getUsage({ recordId }, { signal }),
  );
  return (
    <Drawer title="Call" close={close}>
      {problem && <ProblemBox problem={problem} again={again} />}
      {value && <Record value={value} zone={zone} />}
      {!value && !problem && <div class="skeleton" role="status" aria-label="Loading" />}
    </Drawer>
  );
}

function Record({ value, zone }: { readonly value: GetUsageResponse; readonly zone: string }) {
  const { record, entry, recordTime, explanation } = value;
  if (!record || !entry) return null;
  const { latency, timeToFirstToken } = entry;
  return (
    <div class="record">
      {explanation && <CostExplanation explanation={explanation} zone={zone} />}
      <h3>The call</h3>
      <Facts
        of={[
          ["When", entry.eventTime && formatTime(entry.eventTime, zone)],
          ["Stored", recordTime && formatTime(recordTime, zone)],
          ["User", <UserLink userId={entry.userId} name={entry.userDisplayName} />],
          ["Feature", entry.feature],
          ["Function", entry.functionName],
          ["Provider", entry.provider],
          ["Model", entry.model],
          ["Answered by", entry.responseModel],
          ["Operation", record.operation],
          ["Status", <StatusBadge status={entry.status} cached={entry.cachedResponse} />],
          ["Error", entry.errorMessage],
          ["Took", latency && formatDuration(latency)],
          ["First token", timeToFirstToken && formatDuration(timeToFirstToken)],
          ["Job", entry.jobId && <a href={linkTo("/jobs", entry.jobId)}>{entry.jobId}</a>],
          [
            "Session",
            entry.sessionId && <a href={linkTo("/sessions", entry.sessionId)}>{entry.sessionId}</a>,
          ],
          ["Trace", record.traceId && <code>{record.traceId}</code>],
          ["Response id", record.responseId && <code>{record.responseId}</code>],
          ["Record id", <code>{entry.recordId}</code>],
          ...Object.entries(entry.tags).map(([key, text]) => [`Tag ${key}`, text] as const),
        ]}
      />
      <Kept title="Request metadata" json={record.requestMetadata} />
      <Kept title="Response metadata" json={record.responseMetadata} />
      <Kept title="Usage as the provider sent it" json={record.usage?.rawUsage} />
    </div>
  );
}

function linkTo(path: string, id: string): string {
  return `${path}?${new URLSearchParams({ id }).toString()}`;
}

/** What was kept with the call, as it is. */
function Kept({ title, json }: { readonly title: string; readonly json: JsonObject | undefined }) {
  if (!json || Object.keys(json).length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <pre tabIndex={0}>
        <code>{JSON.stringify(json, null, 2)}</code>
      </pre>
    </>
  );
}

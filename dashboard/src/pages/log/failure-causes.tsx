import type { FailureCause } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { formatTime } from "../../format/time";
import { Card } from "../../parts/card";
import { Count } from "../../parts/count";
import { DataTable } from "../../parts/data-table";
import { useAnswer } from "../../state/answer";
import type { Asked } from "../../state/asked";

/** Which messages failed calls had most often. */
export function FailureCauses({ asked }: { readonly asked: Asked }) {
  const request = { ...asked.request, pageSize: 1 };
  const answer = useAnswer(asked.key, (signal) => analytics.listFailures(request, { signal }));
  if (answer.value?.causes.length === 0) return null;
  return (
    <Card title="Why calls failed" answer={answer}>
      {({ causes }) => (
        <DataTable
          caption="Causes of failures"
          columns={[
            {
              title: "Message",
              head: true,
              render: ({ errorMessage }: FailureCause) => errorMessage || "(no message)",
            },
            { title: "Status", render: ({ status }) => <span class="badge bad">{status}</span> },
            {
              title: "Last",
              render: ({ lastEventTime }) =>
                lastEventTime ? formatTime(lastEventTime, asked.zone) : "–",
            },
            {
              title: "Calls",
              figure: true,
              render: ({ requestCount }) => <Count count={requestCount} />,
            },
          ]}
          rows={causes}
          keyOf={({ status, errorMessage }) => `${status}\n${errorMessage}`}
        />
      )}
    </Card>
  );
}

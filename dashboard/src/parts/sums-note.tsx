import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Coverage } from "proto/analytics_pb.js";
import type { TimeRange } from "proto/types_pb.js";

import { formatDay } from "../format/time";
import { reportingZone } from "../state/session";

interface Props {
  readonly coverage: Coverage | undefined;
  readonly range: TimeRange | undefined;
}

/** Says where figures reach further back than the calls that they are of. */
export function SumsNote({ coverage, range }: Props) {
  const [kept, begin] = [coverage?.logStartTime, range?.startTime];
  if (!coverage?.complete || !kept || !begin || timestampMs(begin) >= timestampMs(kept)) {
    return null;
  }
  return (
    <p class="sums-note muted" role="note">
      Calls from before {formatDay(kept, reportingZone.value)} are no longer in the log. Their sums
      are kept, and are in these figures.
    </p>
  );
}

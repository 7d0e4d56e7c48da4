import { isMessage } from "@bufbuild/protobuf";
import { type Coverage, CoverageSchema } from "proto/analytics_pb.js";

import { formatDay } from "../format/time";
import { reportingZone } from "../state/session";

/** Says of an answer that records are missing in it, and why. Of a whole one it says nothing. */
export function CoverageNote({ of }: { readonly of: unknown }) {
  const coverage = coverageOf(of);
  if (!coverage || coverage.complete) return null;
  const { logStartTime, explanation } = coverage;
  return (
    <details class="coverage">
      <summary>
        <span class="badge warn">Not all of it</span>{" "}
        {logStartTime && `the log is kept from ${formatDay(logStartTime, reportingZone.value)} on`}
      </summary>
      <p>{explanation}</p>
    </details>
  );
}

/** How far an answer of the service reaches; nothing of what is no such answer. */
export function coverageOf(answer: unknown): Coverage | undefined {
  if (typeof answer !== "object" || answer === null || !("coverage" in answer)) return undefined;
  return isMessage(answer.coverage, CoverageSchema) ? answer.coverage : undefined;
}

import { create } from "@bufbuild/protobuf";
import { Dimension } from "proto/analytics_pb.js";
import { GroupCostSchema } from "proto/analytics_service_pb.js";

import { analytics } from "../../api/services";
import { place } from "../../state/route";
import type { PageProps } from "../pages";
import { GroupList, type GroupKind } from "./group-list";
import { GroupView } from "./group-view";

const JOBS: GroupKind = {
  title: "Jobs",
  one: "Job",
  param: "job",
  dimension: Dimension.JOB,
  what: "background job",
  flag: "--job nightly-42",
  cost: async (jobId, signal) => {
    const { cost } = await analytics.getJobCost({ jobId }, { signal });
    return cost ?? create(GroupCostSchema);
  },
};

const SESSIONS: GroupKind = {
  title: "Sessions",
  one: "Session",
  param: "session",
  dimension: Dimension.SESSION,
  what: "session or conversation",
  flag: "--session s-42",
  cost: async (sessionId, signal) => {
    const { cost } = await analytics.getSessionCost({ sessionId }, { signal });
    return cost ?? create(GroupCostSchema);
  },
};

/** What background jobs cost. */
export function JobsPage({ caller }: PageProps) {
  return <Groups caller={caller} kind={JOBS} />;
}

/** What sessions cost. */
export function SessionsPage({ caller }: PageProps) {
  return <Groups caller={caller} kind={SESSIONS} />;
}

function Groups({ caller, kind }: PageProps & { readonly kind: GroupKind }) {
  const id = place.value.params.get("id");
  return id ? (
    <GroupView key={id} caller={caller} kind={kind} id={id} />
  ) : (
    <GroupList caller={caller} kind={kind} />
  );
}

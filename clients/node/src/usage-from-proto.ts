import type { Message } from "@bufbuild/protobuf";
import { type Duration, timestampDate } from "@bufbuild/protobuf/wkt";

import {
  TokenConvention,
  type Usage as UsageProto,
  type UsageRecord as UsageRecordProto,
} from "./gen/aiusage/v1/usage_service_pb.js";
import type { Usage, UsageRecord } from "./records.js";

/** A record as it was given: what it does not say is left out. */
export function readRecord(message: UsageRecordProto): Partial<UsageRecord> {
  const { eventTime, latency, timeToFirstToken, usage, reportedCost, ...alike } = message;
  return {
    ...said(alike),
    ...(eventTime && { eventTime: timestampDate(eventTime) }),
    ...(latency && { latencyMs: milliseconds(latency) }),
    ...(timeToFirstToken && { timeToFirstTokenMs: milliseconds(timeToFirstToken) }),
    ...(usage && { usage: readUsage(usage) }),
    ...(reportedCost && {
      reportedCost: { amount: reportedCost.amount, currencyCode: reportedCost.currencyCode },
    }),
  };
}

function readUsage({ tokenConvention, ...alike }: UsageProto): Usage {
  const name = TokenConvention[tokenConvention] as keyof typeof TokenConvention;
  return { ...said(alike), ...(name !== "UNSPECIFIED" && { tokenConvention: name }) };
}

type Said<Fields> = Partial<Omit<Fields, keyof Message>>;

/** Without the fields that are empty, and what belongs to the message alone. */
function said<Fields extends object>(fields: Fields): Said<Fields> {
  const kept = Object.entries(fields).filter(([name, value]) => {
    const isEmpty = value === undefined || value === "" || value === false;
    return !name.startsWith("$") && !isEmpty && !isEmptyMap(value);
  });
  return Object.fromEntries(kept) as Said<Fields>;
}

function isEmptyMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function milliseconds({ seconds, nanos }: Duration): number {
  return Number(seconds) * 1000 + nanos / 1_000_000;
}

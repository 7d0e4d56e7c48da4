import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { type Duration, DurationSchema, timestampFromDate } from "@bufbuild/protobuf/wkt";

import {
  type PlannedCall as PlannedCallProto,
  PlannedCallSchema,
} from "./gen/aiusage/v1/budget_service_pb.js";
import {
  type CheckBudgetRequest,
  type GetUserCostRequest,
  TokenConvention,
  type Usage as UsageProto,
  type UsageRecord as UsageRecordProto,
  UsageRecordSchema,
  UsageSchema,
} from "./gen/aiusage/v1/usage_service_pb.js";
import { MoneySchema, TimeRangeSchema } from "./gen/aiusage/v1/types_pb.js";
import { newRecordId } from "./ids.js";
import type { Count, PlannedCall, Usage, UsageRecord } from "./records.js";
import type { Amount, Period, TimeRange } from "./values.js";

/** A record, field by field. It gets its id here, before the first try. */
export function usageRecord(record: UsageRecord): UsageRecordProto {
  const { latencyMs, timeToFirstTokenMs, ...alike } = record;
  refuseUnknown(UsageRecordSchema, alike);
  return create(UsageRecordSchema, {
    ...alike,
    recordId: record.recordId || newRecordId(),
    userId: userId(record.userId),
    eventTime: record.eventTime && timestampFromDate(record.eventTime),
    usage: usage(record.usage ?? {}),
    latency: duration("latencyMs", latencyMs),
    timeToFirstToken: duration("timeToFirstTokenMs", timeToFirstTokenMs),
    reportedCost: optionalMoney(record.reportedCost),
  });
}

/** A planned call, field by field. */
export function plannedCall(call: PlannedCall): PlannedCallProto {
  refuseUnknown(PlannedCallSchema, call);
  return create(PlannedCallSchema, {
    ...call,
    userId: userId(call.userId),
    expectedUsage: call.expectedUsage && usage(call.expectedUsage),
  });
}

/** An amount of money, where there is one. */
export function optionalMoney(
  amount: Amount | undefined,
): MessageInitShape<typeof MoneySchema> | undefined {
  return amount === undefined ? undefined : money(amount);
}

/** An amount of money, exactly. */
export function money(amount: Amount): MessageInitShape<typeof MoneySchema> {
  if (typeof amount === "object" && amount !== null) {
    return { amount: exactDecimal(amount.amount), currencyCode: amount.currencyCode };
  }
  return { amount: exactDecimal(amount), currencyCode: "USD" };
}

/** The period of a question: one of its three forms at most. */
export function period(
  given: Period,
): (GetUserCostRequest["period"] | CheckBudgetRequest["period"]) & {} {
  const { month, days, range } = given;
  const names = Object.entries({ month, days, range })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (names.length > 1) {
    throw new TypeError(`pass one of month, days and range, not ${names.join(" and ")}`);
  }
  if (month !== undefined) return { case: "month", value: month };
  if (days !== undefined) return { case: "days", value: days };
  if (range !== undefined)
    return { case: "range", value: create(TimeRangeSchema, timeRange(range)) };
  return { case: undefined };
}

/** A half-open range of time. */
export function timeRange(range: TimeRange): MessageInitShape<typeof TimeRangeSchema> {
  return {
    startTime: timestampFromDate(range.startTime),
    endTime: timestampFromDate(range.endTime),
  };
}

/** Says what is wrong with a database key, for callers without types. */
export function userId(given: string): string {
  if (typeof given === "string") return given;
  throw new TypeError(`userId must be a string, not a ${typeof given}: pass String(userId)`);
}

function usage(given: Usage): UsageProto {
  const { otherMeters = {}, tokenConvention, rawUsage, ...counts } = given;
  refuseUnknown(UsageSchema, counts);
  const exactCounts = Object.entries(counts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, count(`usage.${name}`, value)]);
  const exactMeters = Object.entries(otherMeters).map(([key, value]) => [key, exactDecimal(value)]);
  return create(UsageSchema, {
    ...Object.fromEntries(exactCounts),
    otherMeters: Object.fromEntries(exactMeters),
    tokenConvention: TokenConvention[tokenConvention ?? "UNSPECIFIED"],
    rawUsage,
  });
}

/** For callers without types: a misspelt field would be a wrong cost. */
export function refuseUnknown(schema: DescMessage, given: object): void {
  const unknown = Object.keys(given).filter((name) => !(name in schema.field));
  if (unknown.length > 0) throw new TypeError(`${schema.name} has no ${unknown.join(", ")}`);
}

/** A number is refused here once more, for callers without types. */
function exactDecimal(value: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`must be exact: pass a decimal string, not a ${typeof value}`);
}

/** An exact count. */
export function count(name: string, value: Count): bigint {
  if (typeof value === "bigint") return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new TypeError(`${name} must be a bigint or a safe integer, is ${value}`);
}

/** A length of time. */
export function duration(name: string, milliseconds: number | undefined): Duration | undefined {
  if (milliseconds === undefined) return undefined;
  if (!Number.isFinite(milliseconds)) {
    throw new TypeError(`${name} must be a number of milliseconds, is ${milliseconds}`);
  }
  const seconds = Math.trunc(milliseconds / 1000);
  const nanos = Math.round((milliseconds - seconds * 1000) * 1_000_000);
  // Rounding may reach a whole second.
  const carry = Math.trunc(nanos / 1_000_000_000);
  return create(DurationSchema, {
    seconds: BigInt(seconds + carry),
    nanos: nanos - carry * 1_000_000_000,
  });
}

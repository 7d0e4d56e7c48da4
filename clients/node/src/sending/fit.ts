/**
 * Makes of what an application says a record that the service takes: a record is never lost
 * because a text is long or a number is odd. The limits are those of `UsageRecord` and
 * `Usage` in usage_service.proto.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import {
  TokenConvention,
  type Usage as UsageProto,
  UsageRecordSchema,
  UsageSchema,
} from "../gen/aiusage/v1/usage_service_pb.js";
import { MoneySchema } from "../gen/aiusage/v1/types_pb.js";
import type { Usage, UsageRecord } from "../records.js";
import { duration } from "../to-proto.js";
import type { Amount } from "../values.js";
import { fitJson } from "./fit-json.js";
import { fitLines, fitPairs, fitText } from "./fit-text.js";

/** The most characters of each text. */
const TEXTS = {
  userId: 256,
  feature: 128,
  functionName: 256,
  sessionId: 256,
  jobId: 256,
  provider: 128,
  model: 256,
  responseModel: 256,
  responseId: 256,
  operation: 64,
  apiUrl: 512,
  status: 64,
} as const;
const ERROR_MESSAGE_MAX = 4096;
const TAGS = { pairs: 32, key: 64, value: 256 };
const PRICE_CONTEXT = { pairs: 16, key: 64, value: 64 };
const DAY_MS = 86_400_000;
const COUNT_MAX = 10_000_000_000;
const METERS_MAX = 32;
const METER = /^\d{1,11}(\.\d{1,9})?$/;
const AMOUNT = /^\d{1,11}(\.\d{1,18})?$/;
const END_OF_TIME_MS = Date.UTC(3000, 0, 1);
/** The service takes a time that is at most 10 minutes ahead of its own clock. */
const AHEAD_MAX_MS = 9 * 60_000;

/** What no field of a record is called, is a mistake of the caller's. */
const FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(UsageRecordSchema.field).filter((name) => name !== "latency"),
  "latencyMs",
  "timeToFirstTokenMs",
]);

type RecordInit = MessageInitShape<typeof UsageRecordSchema> & object;
type Problems = string[];

/** The message of a record. What had to be mended is told to `problems`, in fixed words. */
export function fitRecord(
  fields: Partial<UsageRecord>,
  defaultUserId: string | undefined,
  problems: Problems,
): RecordInit {
  for (const name of Object.keys(fields)) {
    if (!FIELDS.has(name)) problems.push(`a record has no ${fitText(name, 64)}; it is left out`);
  }
  return {
    ...texts(fields, defaultUserId, problems),
    ...measures(fields, problems),
    recordId: String(fields.recordId ?? ""),
    reservationId: String(fields.reservationId ?? ""),
    traceId: hex(fields.traceId, 32),
    spanId: hex(fields.spanId, 16),
    errorMessage: fitLines(fields.errorMessage, ERROR_MESSAGE_MAX),
    cachedResponse: fields.cachedResponse === true,
    tags: fitPairs(fields.tags ?? {}, TAGS),
    priceContext: fitPairs(fields.priceContext ?? {}, PRICE_CONTEXT),
    usage: fitUsage(fields.usage ?? {}, problems),
    ...optional("requestMetadata", fields.requestMetadata, fitJson),
    ...optional("responseMetadata", fields.responseMetadata, fitJson),
    ...optional("reportedCost", fields.reportedCost, (cost) => fitAmount(cost, problems)),
  };
}

function texts(
  fields: Partial<UsageRecord>,
  defaultUserId: string | undefined,
  problems: Problems,
): Record<keyof typeof TEXTS, string> {
  const fitted = {} as Record<keyof typeof TEXTS, string>;
  for (const name of Object.keys(TEXTS) as (keyof typeof TEXTS)[]) {
    fitted[name] = fitText(fields[name], TEXTS[name]);
  }
  if (fitted.userId.trim() === "") {
    fitted.userId = fitText(defaultUserId ?? "unknown", TEXTS.userId);
    if (defaultUserId === undefined)
      problems.push(`it names no userId; it is taken as that of ${JSON.stringify(fitted.userId)}`);
  }
  if (fitted.model === "" && fitted.responseModel === "") {
    fitted.model = "unknown";
    problems.push('it names no model; it is recorded as "unknown", without a cost');
  }
  return fitted;
}

function measures(fields: Partial<UsageRecord>, problems: Problems): RecordInit {
  const { eventTime, latencyMs, timeToFirstTokenMs } = fields;
  return {
    ...optional("eventTime", eventTime, (time) => fitTime(time, problems)),
    ...optional("latency", latencyMs, (value) => fitDuration("latencyMs", value, problems)),
    ...optional("timeToFirstToken", timeToFirstTokenMs, (value) =>
      fitDuration("timeToFirstTokenMs", value, problems),
    ),
  };
}

function fitTime(time: Date, problems: Problems) {
  const ms = time instanceof Date ? time.getTime() : Number.NaN;
  if (ms >= 0 && ms < END_OF_TIME_MS && ms < Date.now() + AHEAD_MAX_MS) {
    return timestampFromDate(time);
  }
  problems.push("its eventTime is no Date of the past; it is left out");
  return undefined;
}

function fitDuration(name: string, value: number, problems: Problems) {
  if (typeof value === "number" && value >= 0) return duration(name, Math.min(value, DAY_MS));
  problems.push(`its ${name} is no number of milliseconds; it is left out`);
  return undefined;
}

function fitUsage(usage: Usage, problems: Problems): UsageProto {
  const { otherMeters, tokenConvention, rawUsage, ...counts } = usage;
  return create(UsageSchema, {
    ...fitCounts(counts, problems),
    ...optional("otherMeters", otherMeters, (meters) => fitMeters(meters, problems)),
    ...optional("rawUsage", rawUsage, fitJson),
    tokenConvention: TokenConvention[tokenConvention ?? "UNSPECIFIED"] ?? 0,
  });
}

function fitCounts(counts: Record<string, unknown>, problems: Problems): Record<string, bigint> {
  const fitted: Record<string, bigint> = {};
  for (const [name, value] of Object.entries(counts)) {
    if (value === undefined || value === null) continue;
    if (!(name in UsageSchema.field)) {
      problems.push(`usage has no ${fitText(name, 64)}; it is left out`);
    } else if (isCount(value)) fitted[name] = BigInt(value);
    else problems.push(`its usage.${name} is no whole number up to 10^10; it is left out`);
  }
  return fitted;
}

function isCount(value: unknown): value is bigint | number {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  return isWhole && (value as number) >= 0 && (value as number) <= COUNT_MAX;
}

function fitMeters(meters: Readonly<Record<string, string>>, problems: Problems) {
  const fitted = Object.entries(meters).filter(([key, value]) => {
    const isExact = typeof value === "string" && METER.test(value);
    if (!isExact)
      problems.push(`its meter ${fitText(key, 64)} is no decimal string; it is left out`);
    return isExact;
  });
  return Object.fromEntries(fitted.slice(0, METERS_MAX));
}

function fitAmount(cost: Amount, problems: Problems) {
  const { amount, currencyCode } = typeof cost === "object" ? cost : usd(cost);
  if (typeof amount === "string" && AMOUNT.test(amount) && currencyCode === "USD") {
    return create(MoneySchema, { amount, currencyCode });
  }
  problems.push("its reportedCost is no decimal string of USD; it is left out");
  return undefined;
}

function usd(amount: string) {
  return { amount, currencyCode: "USD" };
}

function hex(id: unknown, digits: number): string {
  const isId = typeof id === "string" && id.length === digits && /^[0-9a-f]+$/i.test(id);
  return isId ? id : "";
}

/** {name: fitted}, or nothing where there is nothing. */
function optional<Name extends string, Value, Fitted>(
  name: Name,
  value: Value | undefined | null,
  fit: (value: Value) => Fitted | undefined,
): { [Key in Name]?: Fitted } {
  const fitted = value === undefined || value === null ? undefined : fit(value);
  return fitted === undefined ? {} : ({ [name]: fitted } as { [Key in Name]?: Fitted });
}

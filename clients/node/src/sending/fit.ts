/**
 * Makes of what an application says a record that the service takes: a record is never lost
 * because a text is long or a number is odd. The limits are those of `UsageRecord` in
 * usage_service.proto.
 */
import { create, type JsonObject } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";

import { MoneySchema } from "../gen/aiusage/v1/types_pb.js";
import {
  type UsageRecord as UsageRecordProto,
  UsageRecordSchema,
} from "../gen/aiusage/v1/usage_service_pb.js";
import type { UsageRecord } from "../records.js";
import { duration } from "../to-proto.js";
import type { Amount } from "../values.js";
import { fitDecimal } from "./fit-decimal.js";
import { fitJson } from "./fit-json.js";
import { fitLines, fitPairs, fitText } from "./fit-text.js";
import { fitUsage } from "./fit-usage.js";

/** The texts of one line, and the most characters of each. */
const TEXTS = Object.entries({
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
} as const) as [TextName, number][];
type TextName =
  | "userId"
  | "feature"
  | "functionName"
  | "sessionId"
  | "jobId"
  | "provider"
  | "model"
  | "responseModel"
  | "responseId"
  | "operation"
  | "apiUrl"
  | "status";

const USER_ID_MAX = 256;
const ERROR_MESSAGE_MAX = 4096;
const TAGS = { pairs: 32, key: 64, value: 256 };
const PRICE_CONTEXT = { pairs: 16, key: 64, value: 64 };
const DAY_MS = 86_400_000;
const COST_MAX = 79_228_162_513n;
const COST_DECIMALS = 18;
const END_OF_TIME_MS = Date.UTC(3000, 0, 1);
/** The service takes a time that is at most 10 minutes ahead of its own clock. */
const AHEAD_MAX_MS = 9 * 60_000;

const FIELDS: ReadonlySet<string> = new Set([
  ...Object.keys(UsageRecordSchema.field).filter(
    (name) => !/^(latency|timeToFirstToken)$/.test(name),
  ),
  "latencyMs",
  "timeToFirstTokenMs",
]);

/** The message of a record. What had to be mended is told to `problems`. */
export function fitRecord(
  fields: Partial<UsageRecord>,
  defaultUserId: string | undefined,
  problems: string[],
): UsageRecordProto {
  // Assigned one by one: to hand all of them to `create` takes three times as long.
  const message = create(UsageRecordSchema);
  refuseUnknown(fields, problems);
  addTexts(message, fields);
  addWhoAndWhat(message, defaultUserId, problems);
  addMeasures(message, fields, problems);
  addDetails(message, fields);
  const { usage, leftOut } = fitUsage(fields.usage ?? {}, problems);
  message.usage = usage;
  if (leftOut.length > 0) {
    message.responseMetadata = fitJson(withLeftOut(fields.responseMetadata, leftOut));
  }
  if (isSaid(fields.reportedCost)) message.reportedCost = fitAmount(fields.reportedCost, problems);
  return message;
}

/** What no field of a record is called, is a mistake of the caller's. */
function refuseUnknown(fields: Partial<UsageRecord>, problems: string[]): void {
  for (const name of Object.keys(fields)) {
    if (!FIELDS.has(name)) problems.push(`a record has no ${fitText(name, 64)}; it is left out`);
  }
}

function addTexts(message: UsageRecordProto, fields: Partial<UsageRecord>): void {
  for (const [name, max] of TEXTS) {
    const value = fields[name];
    if (isSaid(value)) message[name] = fitText(value, max);
  }
  if (fields.recordId) message.recordId = String(fields.recordId);
  if (fields.reservationId) message.reservationId = String(fields.reservationId);
  if (isHex(fields.traceId, 32)) message.traceId = fields.traceId;
  if (isHex(fields.spanId, 16)) message.spanId = fields.spanId;
  if (isSaid(fields.errorMessage)) {
    message.errorMessage = fitLines(fields.errorMessage, ERROR_MESSAGE_MAX);
  }
}

function addWhoAndWhat(
  message: UsageRecordProto,
  defaultUserId: string | undefined,
  problems: string[],
): void {
  if (message.userId.trim() === "") {
    message.userId = fitText(defaultUserId ?? "unknown", USER_ID_MAX);
    if (defaultUserId === undefined) {
      problems.push('it names no userId and has none by its context; it goes to user "unknown"');
    }
  }
  if (message.model === "" && message.responseModel === "") {
    message.model = "unknown";
    problems.push('it names no model; it is recorded as "unknown", without a cost');
  }
}

function addMeasures(
  message: UsageRecordProto,
  { eventTime, latencyMs, timeToFirstTokenMs }: Partial<UsageRecord>,
  problems: string[],
): void {
  if (isSaid(eventTime)) message.eventTime = fitTime(eventTime, problems);
  if (isSaid(latencyMs)) message.latency = fitDuration("latencyMs", latencyMs, problems);
  if (isSaid(timeToFirstTokenMs)) {
    message.timeToFirstToken = fitDuration("timeToFirstTokenMs", timeToFirstTokenMs, problems);
  }
}

function addDetails(message: UsageRecordProto, fields: Partial<UsageRecord>): void {
  const { requestMetadata, responseMetadata, tags, priceContext } = fields;
  message.cachedResponse = fields.cachedResponse === true;
  if (isSaid(tags)) message.tags = fitPairs(tags, TAGS);
  if (isSaid(priceContext)) message.priceContext = fitPairs(priceContext, PRICE_CONTEXT);
  if (isSaid(requestMetadata)) message.requestMetadata = fitJson(requestMetadata);
  if (isSaid(responseMetadata)) message.responseMetadata = fitJson(responseMetadata);
}

/** Counts that are missing are named where the readers of responses name theirs. */
function withLeftOut(told: JsonObject | undefined | null, leftOut: readonly string[]): JsonObject {
  const before = told?.["usage_left_out"];
  const names = [...(Array.isArray(before) ? before : []), ...leftOut];
  return { ...told, usage_left_out: [...new Set(names)] };
}

function fitTime(time: Date, problems: string[]) {
  const ms = time instanceof Date ? time.getTime() : Number.NaN;
  if (ms >= 0 && ms < END_OF_TIME_MS && ms < Date.now() + AHEAD_MAX_MS) {
    return timestampFromDate(time);
  }
  problems.push("its eventTime is no Date of the past; it is left out");
  return undefined;
}

function fitDuration(name: string, value: number, problems: string[]) {
  if (typeof value === "number" && value >= 0) return duration(name, Math.min(value, DAY_MS));
  problems.push(`its ${name} is no number of milliseconds; it is left out`);
  return undefined;
}

function fitAmount(cost: Amount, problems: string[]) {
  const { amount, currencyCode } =
    typeof cost === "object" ? cost : { amount: cost, currencyCode: "USD" };
  const fitted = fitDecimal(amount, COST_MAX, COST_DECIMALS);
  if (fitted !== undefined && currencyCode === "USD") {
    return create(MoneySchema, { amount: fitted, currencyCode });
  }
  problems.push("its reportedCost is no decimal string of USD; it is left out");
  return undefined;
}

function isHex(id: string | undefined, digits: number): id is string {
  return typeof id === "string" && id.length === digits && /^[0-9a-f]+$/i.test(id);
}

/** Callers without types say `null`, too. */
function isSaid<Value>(value: Value | undefined | null): value is Value {
  return value !== undefined && value !== null;
}

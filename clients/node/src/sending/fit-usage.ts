/** The limits are those of `Usage` in usage_service.proto. */
import { create } from "@bufbuild/protobuf";

import {
  TokenConvention,
  type Usage as UsageProto,
  UsageSchema,
} from "../gen/aiusage/v1/usage_service_pb.js";
import type { Usage } from "../records.js";
import { type Counts, FIELDS, leaveOutMisfits } from "../responses/counts.js";
import { fitDecimal } from "./fit-decimal.js";
import { fitJson } from "./fit-json.js";
import { fitText } from "./fit-text.js";

const COUNT_MAX = 10_000_000_000;
const METERS_MAX = 32;
const METER_DECIMALS = 9;

const COUNTS: ReadonlySet<string> = new Set(
  Object.values(UsageSchema.field)
    .filter(({ fieldKind }) => fieldKind === "scalar")
    .map(({ localName }) => localName),
);

const METERS = Object.entries(FIELDS) as [string, CountName][];
type CountName = Exclude<keyof Usage, "otherMeters" | "tokenConvention" | "rawUsage">;

/** A message, and the meters that are left out of it, by the names that a response tells them. */
export interface FittedUsageProto {
  readonly usage: UsageProto;
  readonly leftOut: readonly string[];
}

/** The message of what a call used. What is no count is left out, which `problems` tells. */
export function fitUsage(usage: Usage, problems: string[]): FittedUsageProto {
  const { otherMeters, tokenConvention, rawUsage, ...counts } = usage;
  const message = create(UsageSchema);
  const wrong = addCounts(message, counts, problems);
  if (otherMeters) message.otherMeters = fitMeters(otherMeters, problems);
  if (rawUsage) message.rawUsage = fitJson(rawUsage);
  if (tokenConvention) message.tokenConvention = TokenConvention[tokenConvention] ?? 0;
  const misfits = leaveOutParts(message, tokenConvention ?? "INCLUSIVE", problems);
  return { usage: message, leftOut: [...wrong, ...misfits] };
}

function addCounts(
  message: UsageProto,
  counts: Readonly<Record<string, unknown>>,
  problems: string[],
): string[] {
  const leftOut: string[] = [];
  for (const name of Object.keys(counts)) {
    const value = counts[name];
    if (value === undefined || value === null) continue;
    if (!COUNTS.has(name)) problems.push(`usage has no ${fitText(name, 64)}; it is left out`);
    else if (isCount(value)) (message as unknown as Record<string, bigint>)[name] = BigInt(value);
    else {
      problems.push(`its usage.${name} is no whole number up to 10^10; it is left out`);
      leftOut.push(METERS.find(([, field]) => field === name)?.[0] ?? name);
    }
  }
  return leftOut;
}

/** The service refuses a part without its whole, or above it. */
function leaveOutParts(
  message: UsageProto,
  convention: NonNullable<Usage["tokenConvention"]>,
  problems: string[],
): string[] {
  const told: Counts = {};
  for (const [meter, field] of METERS) {
    const count = message[field];
    if (count !== undefined) told[meter] = Number(count);
  }
  for (const [meter, quantity] of Object.entries(message.otherMeters)) {
    told[meter] = Number(quantity);
  }
  const leftOut = leaveOutMisfits(told, convention);
  for (const meter of leftOut) {
    const field = FIELDS[meter];
    if (field) delete (message as unknown as Record<string, unknown>)[field];
    else delete message.otherMeters[meter];
    problems.push(`its ${meter} is more than what it is a part of; it is left out`);
  }
  return leftOut;
}

function isCount(value: unknown): value is bigint | number {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  return isWhole && (value as number) >= 0 && (value as number) <= COUNT_MAX;
}

function fitMeters(
  meters: Readonly<Record<string, string>>,
  problems: string[],
): Record<string, string> {
  const fitted = Object.entries(meters).flatMap(([key, value]) => {
    const quantity = fitDecimal(value, BigInt(COUNT_MAX), METER_DECIMALS);
    if (quantity !== undefined) return [[key, quantity] as const];
    problems.push(`its meter ${fitText(key, 64)} is no decimal string; it is left out`);
    return [];
  });
  return Object.fromEntries(fitted.slice(0, METERS_MAX));
}

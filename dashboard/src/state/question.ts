/** The question of a page - which time, which zone, which records - as its address holds it. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { PeriodSchema, type UsageFilterSchema } from "proto/analytics_pb.js";

import { isDay, nextDay, startOfDay } from "./day";
import type { Changes } from "./address";

/** The time of a question, as a person chooses it. */
export type Span =
  | { readonly kind: "days"; readonly days: number }
  | { readonly kind: "month"; readonly month: string }
  /** Both days included. */
  | { readonly kind: "range"; readonly from: string; readonly to: string };

/** What records can be chosen by: the parameter and its name for people. */
export const FILTERS = [
  { param: "feature", label: "Feature", field: "features" },
  { param: "function", label: "Function", field: "functionNames" },
  { param: "provider", label: "Provider", field: "providers" },
  { param: "model", label: "Model", field: "models" },
  { param: "status", label: "Status", field: "statuses" },
  { param: "user", label: "User", field: "userIds" },
  { param: "job", label: "Job", field: "jobIds" },
  { param: "session", label: "Session", field: "sessionIds" },
] as const;

export type FilterParam = (typeof FILTERS)[number]["param"];

/** Conditions that hold or do not. */
export const FLAGS = [
  { param: "unpriced", label: "Without a price", field: "unpriced" },
  { param: "failed", label: "Failed", field: "failed" },
  { param: "cached", label: "From your cache", field: "cached" },
] as const;

/** The parameters that go along from page to page. */
const SHARED = [
  ...["days", "month", "from", "to", "zone", "tag"],
  ...FILTERS.map(({ param }) => param),
  ...FLAGS.map(({ param }) => param),
];

const DAYS_MAX = 3660;
const DEFAULT_SPAN: Span = { kind: "days", days: 30 };

export interface Question {
  readonly span: Span;
  /** IANA name; empty: the tenant's reporting zone. */
  readonly zone: string;
  readonly params: URLSearchParams;
}

export function readQuestion(params: URLSearchParams): Question {
  return { span: readSpan(params), zone: params.get("zone") ?? "", params: sharedOf(params) };
}

/** What is left of the parameters on another page. */
export function sharedOf(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => SHARED.includes(name)));
}

function readSpan(params: URLSearchParams): Span {
  const [month, from, to] = [params.get("month"), params.get("from"), params.get("to")];
  if (month && /^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return { kind: "month", month };
  if (from && to && isDay(from) && isDay(to) && from <= to) return { kind: "range", from, to };
  const days = Number(params.get("days") ?? "");
  const fits = Number.isInteger(days) && days >= 1 && days <= DAYS_MAX;
  return fits ? { kind: "days", days } : DEFAULT_SPAN;
}

/** The parameters of a span; those of the other kinds go. */
export function spanChanges(span: Span): Changes {
  const none = { days: undefined, month: undefined, from: undefined, to: undefined };
  switch (span.kind) {
    case "days":
      return { ...none, days: span.days.toString() };
    case "month":
      return { ...none, month: span.month };
    case "range":
      return { ...none, from: span.from, to: span.to };
  }
}

/** The span as the service takes it. `reportingZone` counts where the question names none. */
export function toPeriod(
  { span, zone }: Question,
  reportingZone: string,
): MessageInitShape<typeof PeriodSchema> {
  const timeZone = zone;
  switch (span.kind) {
    case "days":
      return { period: { case: "days", value: span.days }, timeZone };
    case "month":
      return { period: { case: "month", value: span.month }, timeZone };
    case "range": {
      const clock = zone || reportingZone;
      const startTime = timestampFromDate(startOfDay(span.from, clock));
      const endTime = timestampFromDate(startOfDay(nextDay(span.to), clock));
      return create(PeriodSchema, {
        period: { case: "range", value: { startTime, endTime } },
        timeZone,
      });
    }
  }
}

/** The conditions as the service takes them. */
export function toFilter({ params }: Question): MessageInitShape<typeof UsageFilterSchema> {
  const lists = FILTERS.map(({ param, field }) => [field, params.getAll(param)] as const);
  const flags = FLAGS.filter(({ param }) => params.has(param));
  return {
    ...Object.fromEntries(lists.filter(([, values]) => values.length > 0)),
    ...Object.fromEntries(flags.map(({ param, field }) => [field, params.get(param) === "true"])),
    tags: Object.fromEntries(params.getAll("tag").map(readTag)),
  };
}

/** "team=a" as its key and value. */
export function readTag(text: string): [string, string] {
  const [key = "", ...value] = text.split("=");
  return [key, value.join("=")];
}

/** One condition that is set. */
export interface Condition {
  readonly param: string;
  readonly label: string;
  readonly value: string;
}

export function conditionsOf({ params }: Question): Condition[] {
  const listed = FILTERS.flatMap(({ param, label }) =>
    params.getAll(param).map((value) => ({ param, label, value })),
  );
  const tags = params.getAll("tag").map((value) => ({ param: "tag", label: "Tag", value }));
  const flags = FLAGS.flatMap(({ param, label }) =>
    params.getAll(param).map((value) => ({ param, label, value })),
  );
  return [...listed, ...tags, ...flags];
}

/** The change that adds a value to a condition, or takes it away. */
export function withCondition({ params }: Question, param: string, value: string): Changes {
  return { [param]: [...new Set([...params.getAll(param), value])] };
}

export function withoutCondition({ params }: Question, { param, value }: Condition): Changes {
  return { [param]: params.getAll(param).filter((one) => one !== value) };
}

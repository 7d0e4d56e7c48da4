/** The question of a page - which time, which zone, which records - as its address holds it. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { PeriodSchema, type UsageFilterSchema } from "proto/analytics_pb.js";

import { isDay, isZone, nextDay, startOfDay } from "./day";
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
  /** What the address says of the time and cannot mean; the defaults stand in for it. */
  readonly faults: Faults;
}

export interface Faults {
  /** In words; empty: none. */
  readonly span: string;
  readonly zone: string;
}

export function readQuestion(params: URLSearchParams): Question {
  const [span, spanFault] = readSpan(params);
  const zone = params.get("zone") ?? "";
  const known = zone === "" || isZone(zone);
  const zoneFault = known ? "" : `This browser knows no time zone “${zone}”.`;
  return {
    span,
    zone: known ? zone : "",
    params: sharedOf(params),
    faults: { span: spanFault, zone: zoneFault },
  };
}

/** What is left of the parameters on another page. */
export function sharedOf(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => SHARED.includes(name)));
}

/** The span, and what is wrong with what the address says of it. */
function readSpan(params: URLSearchParams): [Span, string] {
  const [month, from, to] = [params.get("month"), params.get("from"), params.get("to")];
  if (month && /^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return [{ kind: "month", month }, ""];
  const range = month ? "" : faultOfRange(from, to);
  if (!month && from && to && range === "") return [{ kind: "range", from, to }, ""];
  const asked = params.get("days");
  const days = Number(asked ?? "");
  const fits = Number.isInteger(days) && days >= 1 && days <= DAYS_MAX;
  const fault = month ? `“${month}” is no month such as 2026-11.` : range;
  if (fits) return [{ kind: "days", days }, fault];
  const most = DAYS_MAX.toLocaleString("en");
  return [
    DEFAULT_SPAN,
    fault || (asked ? `“${asked}” is no number of days from 1 to ${most}.` : ""),
  ];
}

/** What is wrong with two days; empty: nothing, or there are none. */
function faultOfRange(from: string | null, to: string | null): string {
  if (!from && !to) return "";
  if (!from) return "The address has a last day (to) and no first one (from).";
  if (!to) return "The address has a first day (from) and no last one (to).";
  const odd = [from, to].find((day) => !isDay(day));
  if (odd !== undefined) return `“${odd}” is no day such as 2026-11-22.`;
  return from <= to ? "" : `The first day, ${from}, is after the last, ${to}.`;
}

/** The span in words, as part of a sentence. */
export function describeSpan(span: Span): string {
  switch (span.kind) {
    case "days":
      return span.days === 1 ? "today" : `the last ${span.days} days`;
    case "month":
      return span.month;
    case "range":
      return span.from === span.to ? span.from : `${span.from} to ${span.to}`;
  }
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

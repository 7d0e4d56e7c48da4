/** How long the steps of a chart are: what the address says, or what suits the period. */
import type { Span } from "./question";
import { place } from "./route";

export type IntervalName = "HOUR" | "DAY" | "WEEK" | "MONTH";

const NAMES: readonly (readonly [IntervalName, string])[] = [
  ["HOUR", "Hours"],
  ["DAY", "Days"],
  ["WEEK", "Weeks"],
  ["MONTH", "Months"],
];

export function intervalOf(span: Span): IntervalName {
  const asked = place.value.params.get("interval");
  const choices = intervalChoices(span);
  const days = daysOf(span);
  const suits = days <= 2 ? "HOUR" : days <= 100 ? "DAY" : "WEEK";
  return choices.find(([name]) => name === asked)?.[0] ?? suits;
}

/** The steps that make between 2 and 400 bars. */
export function intervalChoices(span: Span): (readonly [IntervalName, string])[] {
  const days = daysOf(span);
  const bars = { HOUR: days * 24, DAY: days, WEEK: days / 7, MONTH: days / 28 };
  return NAMES.filter(([name]) => bars[name] <= 400 && (bars[name] >= 2 || name === "HOUR"));
}

function daysOf(span: Span): number {
  switch (span.kind) {
    case "days":
      return span.days;
    case "month":
      return 31;
    case "range":
      return (Date.parse(span.to) - Date.parse(span.from)) / 86_400_000 + 1;
  }
}

/** Percentages, which the service sends as decimal strings. */
import { type Decimal, parse, percent } from "./decimal";
import { formatDecimal, formatSigned } from "./number";

/** "98.1234" as "98.1 %"; an empty one is that of nothing. */
export function formatPercent(text: string, places = 1): string {
  return text === "" ? "–" : `${formatDecimal(text, places)} %`;
}

/** How far `now` lies from `before`. Nothing where there was nothing before. */
export function changeOf(now: string, before: string): Decimal | undefined {
  const [a, b] = [parse(now), parse(before)];
  const whole = percent(a, b, 1);
  return whole && { digits: whole.digits - 1000n, scale: 1 };
}

export function formatChange(change: Decimal): string {
  return `${formatSigned(change)} %`;
}

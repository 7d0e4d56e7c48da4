/** Money: shown rounded half-even, and in full where one points at it. */
import type { Money } from "proto/types_pb.js";

import { type Decimal, ONE, ZERO, compare, magnitude, parse, print, round } from "./decimal";
import { formatExact, group } from "./number";

/** What a missing cost is shown as: it is not known, which is not 0. */
export const UNKNOWN_COST = "no price";

/** "1234.5678" as "$1,234.57"; below a dollar with more digits, so that it says something. */
export function formatMoney(amount: string, places = placesFor([amount])): string {
  const value = parse(amount);
  const rounded = round(value, places);
  if (rounded.digits === 0n && value.digits !== 0n) return tiny(value, places);
  return signed(rounded);
}

/** A difference, which has its sign: "+$12.50", "−$0.30". */
export function formatDifference(amount: string, places = placesFor([amount])): string {
  return (parse(amount).digits > 0n ? "+" : "") + formatMoney(amount, places);
}

/** The figure with all its digits: "0.00000036 USD". */
export function formatExactMoney(money: Money): string {
  return `${formatExact(money.amount)} ${money.currencyCode || "USD"}`;
}

/** How many digits after the point fit all amounts of one column. */
export function placesFor(amounts: readonly string[]): number {
  const largest = amounts.map(size).reduce((a, b) => (compare(a, b) < 0 ? b : a), ZERO);
  if (largest.digits === 0n || compare(largest, HUNDRED) >= 0) return 2;
  if (compare(largest, ONE) >= 0) return amounts.length > 1 ? 4 : 2;
  return compare(largest, CENT) >= 0 ? 4 : 6;
}

const HUNDRED = parse("100");
const CENT = parse("0.01");

function size(amount: string): Decimal {
  const { digits, scale } = parse(amount);
  return { digits: magnitude(digits), scale };
}

/** An amount that is not 0 never looks like 0. */
function tiny(value: Decimal, places: number): string {
  const least = `$${print({ digits: 1n, scale: places })}`;
  return value.digits < 0n ? `>\u2212${least}` : `<${least}`;
}

function signed(value: Decimal): string {
  const text = group(print({ digits: magnitude(value.digits), scale: value.scale }));
  return value.digits < 0n ? `\u2212$${text}` : `$${text}`;
}

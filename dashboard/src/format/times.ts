/** How many times one amount is another. */
import { parse, print, ratio } from "./decimal";
import { group } from "./number";

/** "3.13" of "0.58" as "5.4 ×"; nothing where the other is 0. */
export function formatTimes(amount: string, other: string): string {
  const times = ratio(parse(amount), parse(other), 1);
  if (!times) return "–";
  if (times.digits === 0n && parse(amount).digits !== 0n) return "<0.1 ×";
  return `${group(print(times))} ×`;
}

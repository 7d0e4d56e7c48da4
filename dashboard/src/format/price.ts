/** Prices: what is counted, and for how many. */

import { formatBriefCount } from "./number";

/** "cache_read_tokens" as "cache read tokens". */
export function formatMeter(meter: string): string {
  return meter.replaceAll("_", " ");
}

/** "/ 1M" for a million, "each" for one. */
export function formatPer(per: bigint): string {
  if (per === 1n) return "each";
  if (per % 1_000_000n === 0n) return `/ ${formatBriefCount(per).replace(".00", "")}`;
  if (per % 1000n === 0n) return `/ ${per / 1000n}K`;
  return `/ ${per}`;
}

const DECIMAL = /^\d{1,11}(\.\d{1,60})?$/;

/** A decimal string from 0 to `most`, rounded to so many decimals; nothing if it is none. */
export function fitDecimal(value: unknown, most: bigint, decimals: number): string | undefined {
  if (typeof value !== "string" || !DECIMAL.test(value)) return undefined;
  const [whole = "", fraction = ""] = value.split(".");
  const kept = BigInt(whole + fraction.slice(0, decimals).padEnd(decimals, "0"));
  const rest = fraction.slice(decimals);
  const isMore = /[1-9]/.test(rest);
  const limit = most * 10n ** BigInt(decimals);
  if (kept > limit || (kept === limit && isMore)) return undefined;
  if (rest === "") return value;
  const rounded = String(kept + (rest >= "5" ? 1n : 0n)).padStart(decimals + 1, "0");
  return `${rounded.slice(0, -decimals)}.${rounded.slice(-decimals)}`.replace(/\.?0+$/, "");
}

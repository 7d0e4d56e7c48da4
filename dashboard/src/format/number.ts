/** Counts and decimal numbers as people read them: 1,234.5 and 12.3M. */
import { type Decimal, magnitude, parse, print, round } from "./decimal";

const MINUS = "\u2212";

/** 1234567 as "1,234,567". */
export function formatCount(count: bigint): string {
  return group(count.toString());
}

/** 1 and "name" as "1 name", 2 as "2 names". */
export function formatPlural(count: bigint | number, name: string): string {
  return `${formatCount(BigInt(count))} ${name}${Number(count) === 1 ? "" : "s"}`;
}

/** 1234567 as "1.23M": three digits, for figures that are read at a glance. */
export function formatBriefCount(count: bigint): string {
  const size = magnitude(count);
  for (const [suffix, exponent] of SUFFIXES) {
    const unit = 10n ** BigInt(exponent);
    // What would round up to a thousand of a unit belongs to the next one.
    if (size * 2n < unit * 2n - unit / 1000n) continue;
    const whole = (size / unit).toString().length;
    const value = round({ digits: count, scale: exponent }, Math.max(0, 3 - whole));
    return group(print(value)) + suffix;
  }
  return formatCount(count);
}

const SUFFIXES: readonly (readonly [string, number])[] = [
  ["T", 12],
  ["B", 9],
  ["M", 6],
];

/** A decimal string with so many digits after the point. */
export function formatDecimal(text: string, places: number): string {
  return group(print(round(parse(text), places)));
}

/** A decimal string as it is, with its thousands apart. */
export function formatExact(text: string): string {
  return group(text);
}

export function formatSigned(value: Decimal): string {
  return (value.digits > 0n ? "+" : "") + group(print(value));
}

/** Puts thousands apart, and a true minus before. */
export function group(text: string): string {
  const [whole = "", fraction] = text.replace("-", "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = text.startsWith("-") ? MINUS : "";
  return sign + grouped + (fraction === undefined ? "" : `.${fraction}`);
}

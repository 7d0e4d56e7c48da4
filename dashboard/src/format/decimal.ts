/**
 * Exact decimal numbers, as the service writes them: "0.00875". No figure that a person reads ever
 * becomes a float.
 */

/** digits / 10^scale. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const FORM = /^(-?)(\d+)(?:\.(\d+))?$/;

export const ZERO: Decimal = { digits: 0n, scale: 0 };
export const ONE: Decimal = { digits: 1n, scale: 0 };

/** Throws where the text is not a plain decimal number, which the service never sends. */
export function parse(text: string): Decimal {
  const match = FORM.exec(text);
  if (!match) throw new Error(`not a decimal number: ${text}`);
  const fraction = match[3] ?? "";
  return { digits: BigInt(`${match[1]}${match[2]}${fraction}`), scale: fraction.length };
}

export function print({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? "-" : "";
  const text = magnitude(digits)
    .toString()
    .padStart(scale + 1, "0");
  if (scale === 0) return sign + text;
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** With exactly so many digits after the point; half goes to the even neighbour. */
export function round(value: Decimal, places: number): Decimal {
  if (places >= value.scale) return widen(value, places);
  return { digits: divide(value.digits, 10n ** BigInt(value.scale - places)), scale: places };
}

export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: widen(a, scale).digits + widen(b, scale).digits, scale };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { digits: -b.digits, scale: b.scale });
}

/** Below, at or above 0, as a is below, at or above b. */
export function compare(a: Decimal, b: Decimal): number {
  const { digits } = subtract(a, b);
  return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

/** part / whole, rounded half-even. Nothing where the whole is 0. */
export function ratio(part: Decimal, whole: Decimal, places: number): Decimal | undefined {
  if (whole.digits === 0n) return undefined;
  const scale = Math.max(part.scale, whole.scale);
  const divisor = widen(whole, scale).digits;
  const dividend = widen(part, scale).digits * 10n ** BigInt(places);
  const digits = divisor < 0n ? divide(-dividend, -divisor) : divide(dividend, divisor);
  return { digits, scale: places };
}

/** 100 * part / whole, rounded half-even. Nothing where the whole is 0. */
export function percent(part: Decimal, whole: Decimal, places: number): Decimal | undefined {
  const found = ratio(part, whole, places + 2);
  return found && { digits: found.digits, scale: places };
}

export function magnitude(digits: bigint): bigint {
  return digits < 0n ? -digits : digits;
}

function widen({ digits, scale }: Decimal, places: number): Decimal {
  return { digits: digits * 10n ** BigInt(places - scale), scale: places };
}

/** Half-even; the divisor is above 0. */
function divide(dividend: bigint, divisor: bigint): bigint {
  const whole = magnitude(dividend) / divisor;
  const twice = (magnitude(dividend) % divisor) * 2n;
  const up = twice > divisor || (twice === divisor && whole % 2n === 1n);
  const rounded = up ? whole + 1n : whole;
  return dividend < 0n ? -rounded : rounded;
}

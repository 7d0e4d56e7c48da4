/**
 * Looks into objects that somebody else made. Providers write snake_case; their SDKs write
 * that or camelCase. Fields are asked for by the first and found in either. Nothing is
 * taken for what it is not: a text is no count.
 */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

// What the service takes.
const MAX_COUNT = 10_000_000_000;
const MAX_JSON_BYTES = 8192;
const MAX_JSON_LEVELS = 8;
const MAX_DECIMALS = 9;

/** A field that says something. */
export function get(object: unknown, name: string): unknown {
  if (!isObject(object)) return undefined;
  return object[name] ?? object[camelCase(name)] ?? undefined;
}

/** Whether a value has fields at all. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// The names are those that readers ask for, so there are few.
const CAMEL_CASE = new Map<string, string>();

function camelCase(name: string): string {
  let camel = CAMEL_CASE.get(name);
  if (camel === undefined) {
    camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    CAMEL_CASE.set(name, camel);
  }
  return camel;
}

/** A field that is a list; an empty one where it is not. */
export function list(object: unknown, name: string): readonly unknown[] {
  const value = get(object, name);
  return Array.isArray(value) ? value : [];
}

/** A field that is a text, or "". */
export function text(object: unknown, name: string): string {
  const value = get(object, name);
  return typeof value === "string" ? value : "";
}

/** The first of some fields that is a count which the service takes. */
export function count(object: unknown, ...names: string[]): number | undefined {
  for (const name of names) {
    const value = get(object, name);
    const number = typeof value === "bigint" ? Number(value) : value;
    if (isCount(number)) return number;
  }
  return undefined;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_COUNT;
}

/** A length of time in seconds, with as many decimals as the service takes. */
export function seconds(object: unknown, name: string): string | undefined {
  const value = get(object, name);
  if (typeof value !== "number" || !(value >= 0 && value <= MAX_COUNT)) return undefined;
  return value.toFixed(MAX_DECIMALS).replace(/\.?0+$/, "");
}

/** An amount of money as a decimal string, exactly as it was written. */
export function amount(value: unknown): string | undefined {
  if (typeof value === "string") return /^\d+(\.\d+)?$/.test(value) ? value : undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
  return withoutExponent(String(value));
}

/** JavaScript writes the shortest digits that name a number: those that were sent. */
function withoutExponent(digits: string): string {
  const [mantissa = "", exponent] = digits.split("e");
  if (exponent === undefined) return digits;
  const [whole = "", fraction = ""] = mantissa.split(".");
  const point = whole.length + Number(exponent);
  const all = whole + fraction;
  if (point <= 0) return `0.${"0".repeat(-point)}${all}`;
  return point >= all.length
    ? all.padEnd(point, "0")
    : `${all.slice(0, point)}.${all.slice(point)}`;
}

/** A provider's usage object as it came; of a very long one its plain numbers. */
export function rawUsage(usage: unknown): JsonObject | undefined {
  const raw = plain(usage, MAX_JSON_LEVELS);
  if (!isJsonObject(raw) || Object.keys(raw).length === 0) return undefined;
  if (Buffer.byteLength(JSON.stringify(raw)) <= MAX_JSON_BYTES) return raw;
  const numbers = Object.entries(raw).filter(([, value]) => typeof value === "number");
  return Object.fromEntries(numbers.slice(0, 100));
}

/** JSON of an object, without fields that say nothing. */
export function plain(value: unknown, levels: number): JsonValue | undefined {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || levels === 0) return undefined;
  if (Array.isArray(value)) {
    return value.map((item) => plain(item, levels - 1)).filter((item) => item !== undefined);
  }
  const entries = Object.entries(value).map(([name, item]) => [name, plain(item, levels - 1)]);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return isObject(value);
}

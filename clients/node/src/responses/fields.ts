/**
 * Reading fields of objects that somebody else made. Providers write snake_case; their
 * SDKs write that or camelCase. Both are read, by the snake_case name.
 */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

import type { Count } from "../records.js";

/** An object whose fields are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

// What the service takes of a JSON value.
const MAX_JSON_BYTES = 8192;

/** Whether a value has fields at all. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A field of an object, in either spelling. */
export function field(object: unknown, name: string): unknown {
  if (!isFields(object)) return undefined;
  return object[name] ?? object[camelCase(name)];
}

// The names are those in the readers, so there are few.
const CAMEL_CASE = new Map<string, string>();

function camelCase(name: string): string {
  let camel = CAMEL_CASE.get(name);
  if (camel === undefined) {
    camel = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    CAMEL_CASE.set(name, camel);
  }
  return camel;
}

/** A field that is an object. */
export function part(object: unknown, name: string): Fields | undefined {
  const value = field(object, name);
  return isFields(value) ? value : undefined;
}

/** A field that is a list; an empty one where it is not. */
export function list(object: unknown, name: string): readonly unknown[] {
  const value = field(object, name);
  return Array.isArray(value) ? value : [];
}

/** A field that is a text with something in it. */
export function text(object: unknown, name: string): string | undefined {
  const value = field(object, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A field that is an exact count. Anything else is unknown, never rounded. */
export function count(object: unknown, name: string): Count | undefined {
  const value = field(object, name);
  if (typeof value === "bigint") return value >= 0n ? value : undefined;
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  return typeof value === "string" && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

/** A field that is a quantity or an amount of money, as a decimal string without an exponent. */
export function decimal(object: unknown, name: string): string | undefined {
  const value = field(object, name);
  if (typeof value === "bigint") return value >= 0n ? `${value}` : undefined;
  if (typeof value === "string") return /^\d+(\.\d+)?$/.test(value) ? value : undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
  return plainDecimal(String(value));
}

/** The shortest digits that name a number, which are the ones that were sent. */
function plainDecimal(digits: string): string {
  const [mantissa = "", exponent] = digits.split("e");
  if (exponent === undefined) return digits;
  const [whole = "", fraction = ""] = mantissa.split(".");
  const point = whole.length + Number(exponent);
  const all = whole + fraction;
  if (point <= 0) return `0.${"0".repeat(-point)}${all}`;
  if (point >= all.length) return all.padEnd(point, "0");
  return `${all.slice(0, point)}.${all.slice(point)}`;
}

/** A provider's usage object as JSON, as it came; nothing where it is more than the service keeps. */
export function rawJson(value: unknown): JsonObject | undefined {
  if (!isFields(value)) return undefined;
  try {
    const written = JSON.stringify(value, (_, item: unknown) =>
      typeof item === "bigint" ? String(item) : item,
    );
    if (Buffer.byteLength(written) > MAX_JSON_BYTES) return undefined;
    const read: JsonValue = JSON.parse(written);
    return isFields(read) ? (read as JsonObject) : undefined;
  } catch {
    // It holds itself, or says something else of itself: there is nothing to keep.
    return undefined;
  }
}

/** Every text that a list's items have under a name, such as the reasons why choices ended. */
export function texts(items: readonly unknown[], name: string): string[] {
  return items.map((item) => text(item, name)).filter((value) => value !== undefined);
}

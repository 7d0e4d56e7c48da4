import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

import { cut } from "./fit-text.js";

/** The service takes 8 KiB, and may write a number a little longer than we do. */
const BYTES_MAX = 8_000;
const LEVELS_MAX = 8;
/** Names of fields that are left out: so many, of so many characters. */
const NAMES_MAX = 20;
const NAME_MAX = 64;
/** Stands for what is too deep. */
const TOO_DEEP = "…";

/**
 * An object that the service takes: what is no JSON is left out, what is too deep is cut, and
 * of one that is too large the largest fields are left out, and named under `left_out`.
 */
export function fitJson(given: object): JsonObject {
  const object = plain(given, LEVELS_MAX) as JsonObject;
  return jsonBytes(object) <= BYTES_MAX ? object : withoutTheLargest(object);
}

function withoutTheLargest(object: JsonObject): JsonObject {
  const sizes = Object.entries(object).map(([name, value]) => ({
    name,
    bytes: jsonBytes({ [name]: value }),
  }));
  sizes.sort((one, other) => other.bytes - one.bytes);
  let rest = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const gone = new Set<string>();
  const names: string[] = [];
  for (const { name, bytes } of sizes) {
    gone.add(name);
    rest -= bytes;
    if (names.length < NAMES_MAX) names.push(cut(name, NAME_MAX));
    if (rest + jsonBytes({ left_out: names }) <= BYTES_MAX) break;
  }
  const kept = Object.entries(object).filter(([name]) => !gone.has(name));
  return { ...Object.fromEntries(kept), left_out: names };
}

/** JSON of anything; `undefined` for what is none. */
function plain(value: unknown, levelsLeft: number): JsonValue | undefined {
  switch (typeof value) {
    case "string":
      return withoutNul(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object":
      return value === null ? null : plainObject(value, levelsLeft);
    default:
      return undefined;
  }
}

function plainObject(value: object, levelsLeft: number): JsonValue | undefined {
  if (levelsLeft > 0 && hasToJson(value)) return plain(value.toJSON(), levelsLeft - 1);
  if (levelsLeft === 0) return TOO_DEEP;
  if (Array.isArray(value)) return value.map((item) => plain(item, levelsLeft - 1) ?? null);
  const fields: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    const fitted = plain(field, levelsLeft - 1);
    if (fitted !== undefined) fields[withoutNul(key)] = fitted;
  }
  return fields;
}

/** Postgres has no room for it. */
function withoutNul(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", " ") : text;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

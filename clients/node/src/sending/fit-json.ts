import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

import { cut } from "./fit-text.js";

/** The service takes 8 KiB, and may write a number a little longer than we do. */
const BYTES_MAX = 8_000;
const LEVELS_MAX = 8;
/** Where an object is too large, its texts are cut to this first. */
const LONG_TEXT_MAX = 256;

/**
 * An object that the service takes: what is no JSON is left out, what is too deep or too
 * large is cut, and `truncated: true` says so.
 */
export function fitJson(given: object): JsonObject {
  const object = plain(given, LEVELS_MAX) as JsonObject;
  if (fits(object)) return object;
  const shortened = shortenTexts(object) as JsonObject;
  const kept: JsonObject = { truncated: true };
  let room = BYTES_MAX - jsonBytes(kept);
  for (const [key, value] of Object.entries(shortened)) {
    const size = jsonBytes({ [key]: value });
    if (size > room) continue;
    kept[key] = value;
    room -= size;
  }
  return kept;
}

/** JSON of anything; `undefined` for what is none. */
function plain(value: unknown, levelsLeft: number): JsonValue | undefined {
  switch (typeof value) {
    case "string":
      return value.includes("\0") ? value.replaceAll("\0", "") : value;
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
  if (levelsLeft === 0) return Array.isArray(value) ? "[...]" : "{...}";
  if (Array.isArray(value)) return value.map((item) => plain(item, levelsLeft - 1) ?? null);
  const fields: JsonObject = {};
  for (const [key, field] of Object.entries(value)) {
    const fitted = plain(field, levelsLeft - 1);
    if (fitted !== undefined) fields[key.replaceAll("\0", "")] = fitted;
  }
  return fields;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function shortenTexts(value: JsonValue): JsonValue {
  if (typeof value === "string") return cut(value, LONG_TEXT_MAX);
  if (Array.isArray(value)) return value.map(shortenTexts);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, shortenTexts(field)]);
  return Object.fromEntries(fields) as JsonObject;
}

function fits(object: JsonObject): boolean {
  return jsonBytes(object) <= BYTES_MAX;
}

function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

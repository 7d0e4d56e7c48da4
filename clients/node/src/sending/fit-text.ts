/** Control characters, which the service refuses: C0, DEL and C1. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const EVERY_CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
/** The same without tab, line feed and carriage return. */
const LINE_CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const EVERY_LINE_CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** `value` as one line of at most `max` characters. */
export function fitText(value: unknown, max: number): string {
  const text = asText(value);
  return cut(CONTROL.test(text) ? text.replace(EVERY_CONTROL, " ") : text, max);
}

/** `value` as some lines of at most `max` characters. */
export function fitLines(value: unknown, max: number): string {
  const text = asText(value);
  return cut(LINE_CONTROL.test(text) ? text.replace(EVERY_LINE_CONTROL, " ") : text, max);
}

/** The first `max` characters. A character may be two units of a string, and is not split. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  // Only as much as can be needed is taken apart.
  return Array.from(text.slice(0, 2 * max))
    .slice(0, max)
    .join("");
}

/** `pairs` of short texts, as many as may be. */
export function fitPairs(
  pairs: Readonly<Record<string, unknown>>,
  limits: { readonly pairs: number; readonly key: number; readonly value: number },
): Record<string, string> {
  const fitted = Object.entries(pairs)
    .filter(([key, value]) => key.trim() !== "" && value !== undefined && value !== null)
    .slice(0, limits.pairs)
    .map(([key, value]) => [fitText(key, limits.key), fitText(value, limits.value)]);
  return Object.fromEntries(fitted);
}

/** A database key is often a number. */
function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : String(value);
}

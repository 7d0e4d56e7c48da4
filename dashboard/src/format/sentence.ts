/** Messages as sentences: the service writes them as parts of one. */

/** "there is no record 7" as "There is no record 7." */
export function sentence(message: string): string {
  const text = message.trim();
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) || begun === "" ? begun : `${begun}.`;
}

/** A field of a request in words: "period.time_zone" as "period, time zone". */
export function fieldWords(field: string): string {
  return field
    .replaceAll(/\[\d+\]/g, "")
    .replaceAll(".", ", ")
    .replaceAll("_", " ");
}

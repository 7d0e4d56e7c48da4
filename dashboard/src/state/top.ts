/** How many rows of a list are shown, as the address holds it. */
import { place } from "./route";

/** The most that the service answers. */
export const TOP_MAX = 1000;

export function currentTop(least: number): number {
  const asked = Number(place.value.params.get("top") ?? "");
  return Number.isInteger(asked) && asked > 0 ? Math.min(TOP_MAX, asked) : least;
}

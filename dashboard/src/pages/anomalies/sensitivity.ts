/** How far a day must lie from what is usual, in multiples of how far days do. */
import { place } from "../../state/route";

const USUAL = 6;
const LEAST = 2;
const MOST = 100;

export const CHOICES: readonly (readonly [string, string])[] = [
  ["3", "Most days"],
  ["6", "Usual"],
  ["12", "Far ones"],
];

export function currentSensitivity(): number {
  const asked = Number(place.value.params.get("sensitivity") ?? "");
  return Number.isInteger(asked) && asked >= LEAST && asked <= MOST ? asked : USUAL;
}

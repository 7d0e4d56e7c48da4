/** The price sets of a version by the terms of the calls that they are for. */
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import type { PriceSet } from "proto/pricing_service_pb.js";

export interface DatedSet {
  readonly set: PriceSet;
  /** Whether it counts now: always, at the hours that it names, or not. */
  readonly holds: "now" | "hours" | "not";
}

export interface PriceGroup {
  /** "processing=batch"; empty: all calls. */
  readonly terms: string;
  /** The newest first. */
  readonly sets: readonly DatedSet[];
}

/** The groups in the order of the version. Nothing of one that is not in force holds. */
export function groupSets(
  sets: readonly PriceSet[],
  inForce: boolean,
  now: number,
): readonly PriceGroup[] {
  const groups = new Map<string, PriceSet[]>();
  for (const set of sets) {
    const terms = formatTerms(set.terms);
    groups.set(terms, [...(groups.get(terms) ?? []), set]);
  }
  return [...groups].map(([terms, group]) => {
    // Of sets for all calls the last that holds counts, of those on terms the first.
    const counting = terms === "" ? group.toReversed() : group;
    const dated = date(counting, inForce, now);
    return { terms, sets: dated.toSorted((a, b) => startOf(b.set) - startOf(a.set)) };
  });
}

/** In the order in which they count: one that holds at all hours hides those after it. */
function date(sets: readonly PriceSet[], inForce: boolean, now: number): DatedSet[] {
  let open = inForce;
  return sets.map((set) => {
    const counts = open && covers(set, now);
    open &&= !counts || set.window !== undefined;
    return { set, holds: !counts ? "not" : set.window ? "hours" : "now" };
  });
}

function covers({ effectiveFromTime, effectiveToTime }: PriceSet, now: number): boolean {
  return msOf(effectiveFromTime, -Infinity) <= now && now < msOf(effectiveToTime, Infinity);
}

/** Since ever: before all others. */
function startOf({ effectiveFromTime }: PriceSet): number {
  return msOf(effectiveFromTime, -Number.MAX_VALUE);
}

function msOf(time: Timestamp | undefined, absent: number): number {
  return time ? timestampMs(time) : absent;
}

function formatTerms(terms: Readonly<Record<string, string>>): string {
  return Object.entries(terms)
    .map(([key, value]) => `${key}=${value}`)
    .join(", ");
}

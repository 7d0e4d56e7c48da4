import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { PriceSetSchema } from "proto/pricing_service_pb.js";
import { describe, expect, test } from "vitest";

import { groupSets } from "../../src/pages/prices/price-groups";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const day = (text: string) => timestampFromDate(new Date(`${text}T00:00:00Z`));
const batch = { processing: "batch" };

/** The sets of a version: id, and what matters of it. */
function group(sets: Record<number, MessageInitShape<typeof PriceSetSchema>>, inForce = true) {
  const made = Object.entries(sets).map(([id, set]) => {
    return create(PriceSetSchema, { ...(set as object), priceSetId: BigInt(id) });
  });
  return groupSets(made, inForce, NOW).map(({ terms, sets }) => [
    terms,
    ...sets.map(({ set, holds }) => `${set.priceSetId} ${holds}`),
  ]);
}

describe("price sets", () => {
  test("stand together by terms, the newest first, with the one in force", () => {
    const sets = {
      1: {},
      2: { effectiveFromTime: day("2026-03-01") },
      3: { effectiveFromTime: day("2027-01-01") },
      4: { terms: batch, effectiveFromTime: day("2026-10-01") },
      5: { terms: batch },
    };
    expect(group(sets)).toEqual([
      ["", "3 not", "2 now", "1 not"],
      ["processing=batch", "4 now", "5 not"],
    ]);
    expect(group(sets, false).flat()).not.toContain("2 now");
  });

  test("that have ended let the ones before count", () => {
    const ended = { effectiveFromTime: day("2026-03-01"), effectiveToTime: day("2026-11-22") };
    expect(group({ 1: {}, 2: ended })).toEqual([["", "2 not", "1 now"]]);
  });

  test("of some hours count beside the one of all hours", () => {
    const window = { fromTimeOfDay: "16:30", toTimeOfDay: "00:30", timeZone: "UTC" };
    expect(group({ 1: {}, 2: { window } })).toEqual([["", "2 hours", "1 now"]]);
  });
});

/** Why an invoice and the log differ, in words. */
import { GapKind } from "proto/analytics_service_pb.js";

export const KINDS: Readonly<Record<GapKind, string>> = {
  [GapKind.UNSPECIFIED]: "agrees",
  [GapKind.UNPRICED]: "no price",
  [GapKind.MISSING_IN_LOG]: "not in the log",
  [GapKind.MISSING_IN_INVOICE]: "not in the invoice",
  [GapKind.ROUNDING]: "rounding",
  [GapKind.TIER]: "other terms",
  [GapKind.DAY_SHIFT]: "on another day",
  [GapKind.PART]: "some calls",
};

/** What wants to be looked at stands out from what explains itself. */
export function toneOf(kind: GapKind): string {
  switch (kind) {
    case GapKind.UNSPECIFIED:
      return "good";
    case GapKind.ROUNDING:
    case GapKind.DAY_SHIFT:
      return "";
    case GapKind.TIER:
      return "warn";
    default:
      return "bad";
  }
}

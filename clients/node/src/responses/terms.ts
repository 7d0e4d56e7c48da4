/** What readers say in the same way: the terms of a call, and how it ended. */
import type { JsonObject } from "@bufbuild/protobuf";

import type { FittedUsage } from "./counts.js";
import { known } from "./facts.js";

// The longest that the service takes.
const MAX_LENGTH = 64;

/** The terms that were told, as price lists name them. */
export function terms(serviceTier: string, others: Record<string, string> = {}) {
  const tier = serviceTier.toLowerCase();
  // A request may wish for "auto"; it says nothing of how the call was served.
  const told = known({ service_tier: tier === "auto" ? "" : tier, ...others });
  const short = Object.entries(told).filter(([, term]) => term.length <= MAX_LENGTH);
  return Object.fromEntries(short);
}

/** How the response ended, and what could not be read of it. */
export function metadata(
  read: FittedUsage,
  finishReasons: readonly string[],
  { isWhole = true, ...more }: { isWhole?: boolean; upstream_provider?: string } = {},
): JsonObject {
  const isReported = read.usage !== undefined && isWhole;
  return known<JsonObject>({
    ...more,
    finish_reasons: finishReasons.filter((reason) => reason !== ""),
    usage_left_out: [...read.leftOut],
    ...(!isReported && { usage_reported: false }),
  });
}

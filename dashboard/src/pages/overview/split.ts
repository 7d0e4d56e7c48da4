/** What the overview puts spending together by. */
import { Dimension } from "proto/analytics_pb.js";

import { place } from "../../state/route";

export type Split = "feature" | "provider" | "model";

export const SPLITS: readonly (readonly [Split, string])[] = [
  ["feature", "Feature"],
  ["provider", "Provider"],
  ["model", "Model"],
];

export const SPLIT_DIMENSIONS: Readonly<Record<Split, Dimension>> = {
  feature: Dimension.FEATURE,
  provider: Dimension.PROVIDER,
  model: Dimension.MODEL,
};

export function currentSplit(): Split {
  const split = place.value.params.get("split");
  return split === "provider" || split === "model" ? split : "feature";
}

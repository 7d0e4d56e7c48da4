import { formatPercent } from "../format/percent";
import { Meter } from "./meter";

/** A percentage with its bar. */
export function Share({ percent, label }: { readonly percent: string; readonly label: string }) {
  return (
    <span class="share">
      <Meter percent={percent} label={label} /> <span>{formatPercent(percent)}</span>
    </span>
  );
}

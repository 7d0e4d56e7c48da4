import type { Rate } from "proto/pricing_service_pb.js";

import { formatExact } from "../format/number";
import { formatPer } from "../format/price";

/** A price with all its digits, which stand so that points are below each other. */
export function AlignedPrice({ rate }: { readonly rate: Rate }) {
  const [whole, fraction] = formatExact(rate.price?.amount ?? "0").split(".");
  return (
    <span class="aligned">
      <data value={rate.price?.amount}>
        ${whole}
        <span class="fraction">{fraction === undefined ? "" : `.${fraction}`}</span>
      </data>
      <span class="muted per">{formatPer(rate.per)}</span>
    </span>
  );
}

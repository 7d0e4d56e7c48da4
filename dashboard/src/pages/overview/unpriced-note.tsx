import type { UsageTotals } from "proto/types_pb.js";

import { Count } from "../../parts/count";
import { address } from "../../state/address";
import { place } from "../../state/route";
import { boundUser } from "../../state/session";
import { sharedOf } from "../../state/question";

/** Says that the costs of the page are not all there is. */
export function UnpricedNote({ totals }: { readonly totals: UsageTotals | undefined }) {
  if (!totals || (totals.unpricedCount === 0n && totals.partialCount === 0n)) return null;
  const { unpricedCount, partialCount } = totals;
  const calls = address("/log", sharedOf(place.value.params), { unpriced: "true" });
  return (
    <div class="warning" role="status">
      <span class="warning-sign" aria-hidden="true">
        !
      </span>
      <p>
        <strong>The true cost is higher.</strong>{" "}
        {unpricedCount > 0n && (
          <>
            <Count count={unpricedCount} /> {unpricedCount === 1n ? "call has" : "calls have"} no
            price yet.{" "}
          </>
        )}
        {partialCount > 0n && (
          <>
            <Count count={partialCount} /> could be priced only in part.{" "}
          </>
        )}
        {unpricedCount > 0n && (
          <>
            {boundUser.value === "" && (
              <>
                <a href="/prices?show=unpriced">Give the models a price</a> or{" "}
              </>
            )}
            <a href={calls}>{boundUser.value === "" ? "see the calls" : "See the calls"}</a>.
          </>
        )}
      </p>
    </div>
  );
}

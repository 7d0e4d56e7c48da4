import { Empty } from "../../parts/empty";
import { here } from "../../state/route";

/** Where no day stands out: that is news too, and how to look closer. */
export function NoAnomalies({ sensitivity }: { readonly sensitivity: number }) {
  return (
    <Empty title="No day stands out">
      <p>
        Every day of this time cost about what such a day does, or there are less than six days
        before it to compare with.
      </p>
      <p>
        {sensitivity > 3 && (
          <>
            <a href={here({ sensitivity: "3" })}>Show smaller differences too</a>, or{" "}
          </>
        )}
        <a href={here({ days: "90", month: undefined, from: undefined, to: undefined })}>
          look at the last 90 days
        </a>
        .
      </p>
    </Empty>
  );
}

import { ONE, compare, parse } from "../../format/decimal";
import { formatDecimal } from "../../format/number";

/** Lifetime margin for each dollar of acquisition. Below 1 the users have not paid for themselves. */
export function Ratio({ of }: { readonly of: string }) {
  if (of === "") return <>–</>;
  const paid = compare(parse(of), ONE) >= 0;
  return (
    <data value={of} title={paid ? undefined : "Not yet earned back"} class={paid ? "" : "loss"}>
      {formatDecimal(of, 2)}
    </data>
  );
}

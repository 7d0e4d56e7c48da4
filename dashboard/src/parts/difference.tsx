import type { Money } from "proto/types_pb.js";

import { parse } from "../format/decimal";
import { UNKNOWN_COST, formatDifference, formatExactMoney, formatMoney } from "../format/money";

interface Props {
  readonly money: Money | undefined;
  readonly places?: number | undefined;
  /** Which way is good news. Absent: neither. */
  readonly good?: "more" | "less";
  /** Whether one above nothing has a plus. */
  readonly plus?: boolean;
}

/** An amount that may lie on either side of nothing, with its sign. */
export function Difference({ money, places, good, plus = true }: Props) {
  if (!money) return <span class="unknown">{UNKNOWN_COST}</span>;
  const { digits } = parse(money.amount);
  return (
    <data
      class={`cost ${toneOf(digits, good)}`}
      value={money.amount}
      title={formatExactMoney(money)}
    >
      {(plus ? formatDifference : formatMoney)(money.amount, places)}
    </data>
  );
}

function toneOf(digits: bigint, good: Props["good"]): string {
  if (digits === 0n) return "nothing";
  if (good === undefined) return "";
  return digits > 0n === (good === "more") ? "gain" : "loss";
}

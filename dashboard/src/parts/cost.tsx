import type { Money } from "proto/types_pb.js";

import { parse } from "../format/decimal";
import { UNKNOWN_COST, formatExactMoney, formatMoney } from "../format/money";

interface Props {
  readonly money: Money | undefined;
  /** Digits after the point; as many as the figure needs where absent. */
  readonly places?: number | undefined;
}

/** An amount, rounded; the whole figure is shown when one points at it. */
export function Cost({ money, places }: Props) {
  if (!money) return <span class="unknown">{UNKNOWN_COST}</span>;
  const nothing = parse(money.amount).digits === 0n;
  return (
    <data
      class={nothing ? "cost nothing" : "cost"}
      value={money.amount}
      title={formatExactMoney(money)}
    >
      {formatMoney(money.amount, places)}
    </data>
  );
}

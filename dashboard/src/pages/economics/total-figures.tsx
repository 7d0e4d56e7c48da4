import type { UnitEconomics } from "proto/analytics_service_pb.js";

import { formatPercent } from "../../format/percent";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { Difference } from "../../parts/difference";
import { Figure } from "../../parts/figure";
import { Ratio } from "./ratio";

interface Props {
  readonly total: UnitEconomics | undefined;
  readonly loading: boolean;
}

/** All users together. */
export function TotalFigures({ total, loading }: Props) {
  return (
    <dl class="head-figures" aria-busy={loading}>
      <Figure
        label="Margin"
        class="lead"
        note={
          total?.marginPercent && (
            <span class="muted">{formatPercent(total.marginPercent)} of the revenue</span>
          )
        }
      >
        {total ? <Difference money={total.margin} good="more" plus={false} /> : "…"}
      </Figure>
      <Figure
        label="Revenue"
        note={
          total && (
            <>
              <Count count={total.userCount} /> <span class="muted">users</span>
            </>
          )
        }
      >
        {total ? <Cost money={total.revenue} /> : "…"}
      </Figure>
      <Figure label="Cost of AI calls">{total ? <Cost money={total.cost} /> : "…"}</Figure>
      <Figure label="Cost to win them" note={<span class="muted">where it is known</span>}>
        {total ? total.acquisitionCost ? <Cost money={total.acquisitionCost} /> : "–" : "…"}
      </Figure>
      <Figure
        label="LTV : CAC"
        note={
          total?.lifetimeMargin && (
            <>
              <Difference money={total.lifetimeMargin} plus={false} />{" "}
              <span class="muted">to date</span>
            </>
          )
        }
      >
        {total ? <Ratio of={total.ltvToCac} /> : "…"}
      </Figure>
    </dl>
  );
}

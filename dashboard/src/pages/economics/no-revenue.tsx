import type { UnitEconomics } from "proto/analytics_service_pb.js";

import { parse } from "../../format/decimal";

/** Says how the service comes to know what users bring in, where it knows of nobody. */
export function NoRevenue({ total }: { readonly total: UnitEconomics }) {
  if (parse(total.revenue?.amount ?? "0").digits !== 0n) return null;
  return (
    <section class="card" aria-label="How to begin">
      <div class="empty">
        <p class="empty-title">No revenue is known in this time</p>
        <p>
          Say what a user pays in a calendar month, what it cost to win the user, and since when;
          the rest follows from the calls:
        </p>
        <pre tabIndex={0}>
          <code>{COMMAND}</code>
        </pre>
        <p>
          An application can say so itself with its client library, when a user signs up or changes
          the plan.
        </p>
      </div>
    </section>
  );
}

const COMMAND = `aiusage users set ada --plan pro --monthly-revenue 20 \\
    --acquisition-cost 35 --signed-up 2026-09-01`;

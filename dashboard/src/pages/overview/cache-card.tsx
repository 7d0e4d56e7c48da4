import type { GetStatsResponse } from "proto/analytics_service_pb.js";

import { formatPercent } from "../../format/percent";
import { Card } from "../../parts/card";
import { Cost } from "../../parts/cost";
import { Count } from "../../parts/count";
import { Figure } from "../../parts/figure";
import type { Answer } from "../../state/answer";

/** What caches hit and saved. */
export function CacheCard({ stats }: { readonly stats: Answer<GetStatsResponse> }) {
  return (
    <Card title="Caching" answer={{ ...stats, problem: undefined }}>
      {({ current }) => (
        <dl class="figures-grid">
          <Figure
            label="Answered by your cache"
            note={
              <span class="muted">
                <Count count={current?.totals?.cachedCount ?? 0n} /> calls
              </span>
            }
          >
            {formatPercent(current?.cacheHitPercent ?? "")}
          </Figure>
          <Figure label="That saved about">
            <Cost money={current?.responseCacheSavings} />
          </Figure>
          <Figure
            label="Input from prompt caches"
            note={
              <span class="muted">
                <Count count={current?.totals?.cacheReadTokens ?? 0n} brief /> tokens
              </span>
            }
          >
            {formatPercent(current?.cacheReadPercent ?? "")}
          </Figure>
          <Figure label="That saved">
            <Cost money={current?.promptCacheSavings} />
          </Figure>
        </dl>
      )}
    </Card>
  );
}

-- cost.user_spend: what one user spent, as cost.user_cost without the breakdown, and the epoch of the
-- tenant's budgets: where it is the one that is known, nobody has to look for others.
--
-- $1 tenant, $2 user, $3 first and $4 end of the whole days, $5 starts and $6 ends of the edges.
WITH asked AS (
  SELECT user_no FROM tenant_user WHERE tenant_id = $1 AND user_id = $2
), spend AS (
  SELECT cost, unpriced_count, partial_count
  FROM usage_daily
  WHERE tenant_id = $1 AND user_no = (SELECT user_no FROM asked) AND day >= $3 AND day < $4
  UNION ALL
  SELECT entry.cost, entry.unpriced_count, entry.partial_count
  FROM unnest($5::timestamptz[], $6::timestamptz[]) AS edge (start_time, end_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 as in cost.user_cost.
    SELECT * FROM usage_entry AS entry
    WHERE entry.tenant_id = $1
      AND entry.user_no = (SELECT user_no FROM asked)
      AND entry.event_time >= edge.start_time
      AND entry.event_time < edge.end_time
    OFFSET 0
  ) AS entry
)
SELECT
  trim_scale(coalesce(sum(cost), 0))::text AS cost,
  coalesce(sum(unpriced_count), 0)::bigint AS unpriced_count,
  coalesce(sum(partial_count), 0)::bigint AS partial_count,
  coalesce((SELECT epoch FROM budget_epoch WHERE tenant_id = $1), 0) AS budget_epoch
FROM spend

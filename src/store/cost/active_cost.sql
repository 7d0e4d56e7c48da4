-- cost.active_cost: what everybody spent and how many distinct users there were.
--
-- Users: whole days from the bitmaps, edges from the log. Cost: whole hours from the summary, edges
-- from the log. All in one snapshot.
--
-- $1 tenant, $2 first and $3 end of the whole days, $4 starts and $5 ends of the edges around them,
-- $6 first and $7 end of the whole hours, $8 starts and $9 ends of the edges around those.
WITH whole_days AS (
  SELECT chunk, bit_or(users) AS users
  FROM active_users
  WHERE tenant_id = $1 AND day >= $2 AND day < $3
  GROUP BY chunk
), edge_users AS (
  SELECT DISTINCT log.user_no
  FROM unnest($4::timestamptz[], $5::timestamptz[]) AS edge (start_time, end_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 as in cost.user_cost.
    SELECT * FROM usage_log AS log
    WHERE log.tenant_id = $1 AND log.event_time >= edge.start_time AND log.event_time < edge.end_time
    OFFSET 0
  ) AS log
), spend AS (
  SELECT cost, unpriced_count, partial_count
  FROM usage_hourly_total
  WHERE tenant_id = $1 AND hour >= $6 AND hour < $7
  UNION ALL
  SELECT entry.cost, entry.unpriced_count, entry.partial_count
  FROM unnest($8::timestamptz[], $9::timestamptz[]) AS edge (start_time, end_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 as in cost.user_cost.
    SELECT * FROM usage_entry AS entry
    WHERE entry.tenant_id = $1 AND entry.event_time >= edge.start_time AND entry.event_time < edge.end_time
    OFFSET 0
  ) AS entry
)
SELECT
  (SELECT coalesce(sum(bit_count(users)), 0)::bigint FROM whole_days)
  + (
    SELECT count(*)
    FROM edge_users
    LEFT JOIN whole_days ON whole_days.chunk = edge_users.user_no / 4096
    WHERE whole_days.users IS NULL OR get_bit(whole_days.users, edge_users.user_no % 4096) = 0
  ) AS active_user_count,
  trim_scale(coalesce(sum(cost), 0))::text AS cost,
  coalesce(sum(unpriced_count), 0)::bigint AS unpriced_count,
  coalesce(sum(partial_count), 0)::bigint AS partial_count
FROM spend

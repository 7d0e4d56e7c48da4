-- cost.active_cost: what everybody spent and how many distinct users there were.
--
-- Users: whole days from the bitmaps of days and of longer spans, edges from the log. Cost: whole hours
-- from the summary, edges from the log. All in one snapshot.
--
-- $1 tenant, $2 days of the spans that make up the whole days, $3 firsts and $4 ends of runs of them,
-- $5 starts and $6 ends of the edges around them, $7 first and $8 end of the whole hours, $9 starts and
-- $10 ends of the edges around those.
WITH whole_days AS (
  SELECT active.chunk, bit_or(active.users) AS users
  FROM unnest($2::smallint[], $3::date[], $4::date[]) AS run (span_days, from_day, to_day)
  CROSS JOIN LATERAL (
    -- OFFSET 0 as in cost.user_cost.
    SELECT chunk, users FROM active_users
    WHERE tenant_id = $1 AND span_days = run.span_days AND first_day >= run.from_day AND first_day < run.to_day
    OFFSET 0
  ) AS active
  GROUP BY active.chunk
), edge_users AS (
  SELECT DISTINCT log.user_no
  FROM unnest($5::timestamptz[], $6::timestamptz[]) AS edge (start_time, end_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 as in cost.user_cost.
    SELECT * FROM usage_log AS log
    WHERE log.tenant_id = $1 AND log.event_time >= edge.start_time AND log.event_time < edge.end_time
    OFFSET 0
  ) AS log
), spend AS (
  SELECT cost, unpriced_count, partial_count
  FROM usage_hourly_total
  WHERE tenant_id = $1 AND hour >= $7 AND hour < $8
  UNION ALL
  SELECT entry.cost, entry.unpriced_count, entry.partial_count
  FROM unnest($9::timestamptz[], $10::timestamptz[]) AS edge (start_time, end_time)
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

-- spenders.cohorts: how spending is spread over users, and over groups of users: whole days from the
-- summary, edges from the entries, in one snapshot.
--
-- Percentiles are those of the nearest rank, in whole numbers: the cost of one of the users.
--
-- $1 tenant, $2 first and $3 end of the whole days, $4 starts and $5 ends of the edges, $6 whether users
-- are put together by the month of their first record; else by plan.
WITH entries AS (
  SELECT user_no, cost FROM usage_daily_user
  WHERE tenant_id = $1 AND day >= $2 AND day < $3
  UNION ALL
  SELECT entry.user_no, entry.cost
  FROM unnest($4::timestamptz[], $5::timestamptz[]) AS edge (start_time, end_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 keeps the edge's bounds inside, as conditions of the index.
    SELECT * FROM usage_entry AS entry
    WHERE entry.tenant_id = $1 AND entry.event_time >= edge.start_time AND entry.event_time < edge.end_time
    OFFSET 0
  ) AS entry
), spender AS MATERIALIZED (
  SELECT user_no, coalesce(sum(cost), 0) AS cost FROM entries GROUP BY user_no
), member AS (
  SELECT
    CASE WHEN $6 THEN to_char(first.day, 'YYYY-MM') ELSE coalesce(profile.plan, '') END AS cohort, spender.cost
  FROM spender
  LEFT JOIN user_profile AS profile
    ON NOT $6 AND profile.tenant_id = $1 AND profile.user_no = spender.user_no
  LEFT JOIN LATERAL (
    SELECT day FROM usage_daily
    WHERE $6 AND tenant_id = $1 AND user_no = spender.user_no ORDER BY day LIMIT 1
  ) AS first ON true
), ranked AS (
  SELECT
    cohort, cost, row_number() OVER (PARTITION BY cohort ORDER BY cost) AS rank,
    count(*) OVER (PARTITION BY cohort) AS users
  FROM (
    SELECT cohort, cost FROM member
    -- All of them, as a cohort without a name.
    UNION ALL SELECT NULL, cost FROM spender
  ) AS together
)
SELECT
  cohort, users AS user_count, trim_scale(sum(cost))::text AS cost,
  trim_scale(max(cost) FILTER (WHERE rank = (users * 50 + 99) / 100))::text AS p50,
  trim_scale(max(cost) FILTER (WHERE rank = (users * 90 + 99) / 100))::text AS p90,
  trim_scale(max(cost) FILTER (WHERE rank = (users * 99 + 99) / 100))::text AS p99,
  trim_scale(max(cost))::text AS max
FROM ranked
GROUP BY cohort, users
ORDER BY cohort IS NOT NULL, CASE WHEN $6 THEN 0 ELSE -sum(ranked.cost) END, cohort

-- spenders.economics: what users bring in against what they cost: all of them, by plan, those users
-- with the least margin, and the others together.
--
-- A month's revenue is spread evenly over it. What came in from one instant to another is revenue times
-- the months between them: whole ones, and parts of the first and the last, as one fraction, so that it
-- is rounded once, half to even, to 18 decimals.
--
-- $1 tenant, $2 first and $3 end of the whole days, $4 starts and $5 ends of the edges, $6 start of the
-- period; $7 starts of the months from the first to the one after $15; the place of the period's end, or
-- of $15 if that is earlier, as $8 number of the month, $9 microseconds into it and $10 its length; $11,
-- $12 and $13 the same of $15; $14 the time of $8, $15 the end of the day that runs, $16 the tenant's zone, $17 the most users.
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
), spender AS (
  SELECT user_no, coalesce(sum(cost), 0) AS cost FROM entries GROUP BY user_no
), known AS (
  SELECT
    p.user_no, p.display_name, p.plan, p.monthly_revenue, p.acquisition_cost,
    greatest(p.signup_time, $6::timestamptz) AS from_time,
    coalesce(p.signup_time, life.first_day::timestamp AT TIME ZONE $16) AS life_from,
    life.cost AS life_cost
  FROM user_profile AS p
  LEFT JOIN LATERAL (
    SELECT min(day) AS first_day, coalesce(sum(cost), 0) AS cost FROM usage_daily
    WHERE tenant_id = $1 AND user_no = p.user_no
  ) AS life ON p.acquisition_cost IS NOT NULL
  WHERE p.tenant_id = $1
), income AS (
  SELECT
    known.*,
    CASE WHEN from_time < $14 THEN revenue_between(
      monthly_revenue, $7::timestamptz[], from_time, $8::bigint, $9::bigint, $10::bigint
    ) ELSE 0 END AS revenue,
    CASE WHEN life_from < $15 THEN revenue_between(
      monthly_revenue, $7::timestamptz[], life_from, $11::bigint, $12::bigint, $13::bigint
    ) ELSE 0 END AS life_revenue
  FROM known
), account AS MATERIALIZED (
  SELECT
    user_no, coalesce(income.display_name, '') AS display_name, coalesce(income.plan, '') AS plan,
    coalesce(income.revenue, 0) AS revenue, coalesce(spender.cost, 0) AS cost, income.acquisition_cost,
    CASE WHEN income.acquisition_cost IS NOT NULL
      THEN coalesce(income.life_revenue, 0) - income.life_cost END AS lifetime_margin
  FROM income FULL JOIN spender USING (user_no)
), least AS MATERIALIZED (
  SELECT * FROM account ORDER BY revenue - cost, user_no LIMIT $17
), line AS (
  SELECT 0 AS part, '' AS key, '' AS display_name, '' AS plan, count(*) AS user_count, sum(revenue) AS revenue, sum(cost) AS cost,
    sum(acquisition_cost) AS acquisition_cost, sum(lifetime_margin) AS lifetime_margin
  FROM account
  UNION ALL
  SELECT 1, plan, '', plan, count(*), sum(revenue), sum(cost), sum(acquisition_cost), sum(lifetime_margin)
  FROM account GROUP BY plan
  UNION ALL
  SELECT 2, u.user_id, least.display_name, least.plan, 1, revenue, cost, acquisition_cost, lifetime_margin
  FROM least JOIN tenant_user AS u ON u.tenant_id = $1 AND u.user_no = least.user_no
  UNION ALL
  SELECT 3, '', '', '', count(*), sum(revenue), sum(cost), sum(acquisition_cost), sum(lifetime_margin)
  FROM account WHERE NOT EXISTS (SELECT FROM least WHERE least.user_no = account.user_no) HAVING count(*) > 0
)
SELECT
  part, key, display_name, plan, user_count, trim_scale(coalesce(revenue, 0))::text AS revenue,
  trim_scale(coalesce(cost, 0))::text AS cost, trim_scale(acquisition_cost)::text AS acquisition_cost,
  trim_scale(lifetime_margin)::text AS lifetime_margin
FROM line
ORDER BY part, coalesce(line.revenue, 0) - coalesce(line.cost, 0), key

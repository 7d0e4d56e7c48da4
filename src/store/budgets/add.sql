-- budgets.add: adds what was recorded before a budget was made to its counters.
--
-- $1 tenant, $2 budget, $3 to $9 one array for each column, $10 from which use on a counter asks for
-- alerts. In sorted order, as whoever else moves counters.
WITH counted AS (
  INSERT INTO budget_counter AS c (
    tenant_id, budget_no, user_no, period_start, period_end, used, reserved, unpriced_count,
    partial_count, first_event_time, alert_at
  )
  SELECT $1, $2, user_no, period_start, period_end, used::numeric, 0, unpriced_count, partial_count, first_event_time, $10
  FROM unnest(
    $3::integer[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[], $8::bigint[],
    $9::timestamptz[]
  ) AS sum (user_no, period_start, period_end, used, unpriced_count, partial_count, first_event_time)
  ORDER BY user_no, period_start
  ON CONFLICT (tenant_id, budget_no, user_no, period_start) DO UPDATE SET
    used = c.used + excluded.used,
    unpriced_count = c.unpriced_count + excluded.unpriced_count,
    partial_count = c.partial_count + excluded.partial_count,
    first_event_time = least(c.first_event_time, excluded.first_event_time)
  RETURNING tenant_id, budget_no, user_no, period_start, used, alert_at
)
INSERT INTO budget_due (tenant_id, budget_no, user_no, period_start, cause)
SELECT tenant_id, budget_no, user_no, period_start, 'used' FROM counted WHERE used >= alert_at
ON CONFLICT DO NOTHING

-- budgets.lay_held: sets aside in one budget what is held already.
--
-- $1 tenant, $2 budget, $3 to $7 one array for each column, $8 from which use on a counter asks for
-- alerts. Nobody else counts meanwhile, and there are no counters yet.
WITH hold AS (
  SELECT * FROM unnest($3::uuid[], $4::integer[], $5::timestamptz[], $6::timestamptz[], $7::numeric[])
    AS hold (reservation_id, user_no, period_start, period_end, amount)
), held AS (
  INSERT INTO budget_hold (tenant_id, reservation_id, budget_no, user_no, period_start, amount)
  SELECT $1, reservation_id, $2, user_no, period_start, amount FROM hold
)
INSERT INTO budget_counter (
  tenant_id, budget_no, user_no, period_start, period_end, used, reserved, unpriced_count, partial_count,
  alert_at
)
SELECT $1, $2, user_no, period_start, period_end, 0, sum(amount), 0, 0, $8
FROM hold GROUP BY user_no, period_start, period_end

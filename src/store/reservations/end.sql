-- reservations.end: ends held reservations and gives back what they hold.
--
-- $1 tenant, $2 epoch of its budgets, $3 ids, $4 the new state, $5 the time; only those whose lease
-- has ended, if $6. Reservations are locked before counters, as usage.insert does, each in sorted
-- order.
WITH wanted AS MATERIALIZED (
  SELECT r.reservation_id
  FROM budget_reservation AS r, hold_budgets(ARRAY[$1::uuid], ARRAY[$2::bigint])
  WHERE r.tenant_id = $1 AND r.reservation_id = ANY ($3) AND r.state = 'held' AND (NOT $6 OR r.expire_time <= $5)
  ORDER BY r.reservation_id
  FOR UPDATE OF r
), ended AS (
  UPDATE budget_reservation AS r SET state = $4, end_time = $5
  FROM wanted WHERE r.tenant_id = $1 AND r.reservation_id = wanted.reservation_id
  RETURNING r.reservation_id
), unheld AS (
  DELETE FROM budget_hold AS h USING ended
  WHERE h.tenant_id = $1 AND h.reservation_id = ended.reservation_id
  RETURNING h.budget_no, h.user_no, h.period_start, h.amount
), released AS (
  SELECT budget_no, user_no, period_start, sum(amount) AS amount FROM unheld GROUP BY 1, 2, 3
), counters AS MATERIALIZED (
  SELECT c.budget_no FROM budget_counter AS c
  JOIN released USING (budget_no, user_no, period_start)
  WHERE c.tenant_id = $1
  ORDER BY c.budget_no, c.user_no, c.period_start
  FOR UPDATE OF c
), moved AS (
  UPDATE budget_counter AS c SET reserved = c.reserved - released.amount
  FROM released
  WHERE (SELECT count(*) FROM counters) >= 0 AND c.tenant_id = $1
    AND (c.budget_no, c.user_no, c.period_start)
      = (released.budget_no, released.user_no, released.period_start)
)
SELECT count(*) FROM ended

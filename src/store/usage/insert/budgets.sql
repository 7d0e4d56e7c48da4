), settling AS MATERIALIZED (
  -- Reservations that these records take the place of, each once.
  SELECT r.tenant_id, r.reservation_id, named.record_id
  FROM (
    SELECT DISTINCT ON (tenant_id, reservation_id) tenant_id, reservation_id, record_id
    FROM inserted WHERE reservation_id IS NOT NULL ORDER BY tenant_id, reservation_id, record_id
  ) AS named
  JOIN budget_reservation AS r USING (tenant_id, reservation_id)
  WHERE r.state = 'held'
  ORDER BY r.tenant_id, r.reservation_id
  FOR UPDATE OF r
), settled AS (
  UPDATE budget_reservation AS r SET state = 'settled', end_time = $45, record_id = settling.record_id
  FROM settling
  WHERE (r.tenant_id, r.reservation_id) = (settling.tenant_id, settling.reservation_id)
  RETURNING r.tenant_id, r.reservation_id
), released AS (
  DELETE FROM budget_hold AS h USING settled
  WHERE (h.tenant_id, h.reservation_id) = (settled.tenant_id, settled.reservation_id)
  RETURNING h.tenant_id, h.budget_no, h.user_no, h.period_start, h.amount
), counter_move AS (
  SELECT
    i.tenant_id, m.budget_no, m.user_no, m.period_start, m.period_end, m.alert_at,
    CASE m.unit
      WHEN 'cost' THEN coalesce(i.cost_total, 0)
      WHEN 'tokens' THEN coalesce(i.input_tokens, 0)::numeric + coalesce(i.output_tokens, 0)
      ELSE 1
    END AS used,
    0 AS released, (i.cost_total IS NULL)::int AS unpriced_count,
    (i.cost_status = 'partial')::int AS partial_count, i.event_time
  FROM unnest(
    $48::uuid[], $49::uuid[], $50::integer[], $51::integer[], $52::timestamptz[], $53::timestamptz[],
    $54::text[], $55::numeric[]
  ) AS m (tenant_id, record_id, budget_no, user_no, period_start, period_end, unit, alert_at)
  JOIN inserted AS i USING (tenant_id, record_id)
  UNION ALL
  SELECT tenant_id, budget_no, user_no, period_start, period_start, NULL, 0, amount, 0, 0, NULL
  FROM released
), counter AS (
  -- A counter that something is released from is there already.
  INSERT INTO budget_counter AS c (
    tenant_id, budget_no, user_no, period_start, period_end, used, reserved, unpriced_count,
    partial_count, first_event_time, alert_at
  )
  SELECT
    tenant_id, budget_no, user_no, period_start, max(period_end), sum(used), -sum(released),
    sum(unpriced_count), sum(partial_count), min(event_time), min(alert_at)
  FROM counter_move
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, budget_no, user_no, period_start) DO UPDATE SET
    used = c.used + excluded.used,
    reserved = c.reserved + excluded.reserved,
    unpriced_count = c.unpriced_count + excluded.unpriced_count,
    partial_count = c.partial_count + excluded.partial_count,
    first_event_time = least(c.first_event_time, excluded.first_event_time)
  RETURNING tenant_id, budget_no, user_no, period_start, used, alert_at
), due AS (
  INSERT INTO budget_due (tenant_id, budget_no, user_no, period_start, cause)
  SELECT tenant_id, budget_no, user_no, period_start, 'used' FROM counter WHERE used >= alert_at
  ORDER BY 1, 2, 3, 4
  ON CONFLICT DO NOTHING

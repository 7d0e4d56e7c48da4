-- repricing.revise: stores revisions, moves every summary by what they change, and moves the cursor,
-- all in one statement.
--
-- $1 repricing, $2 and $3 the cursor as it was, $4 and $5 as it will be, $6 how many records were
-- looked at, $7 the time, $27 the tenant, $29 and $30 the
-- epoch of its budgets; the others are one array for each column. Where the cursor is not what it was, another
-- server was here first, and nothing happens. So it is with a record that has this revision already.
--
-- Summaries are locked in the order in which usage.insert locks them, so that the two never wait for
-- each other in a circle: Postgres runs these parts from the last to the first, and the rows of each
-- in sorted order.
WITH work AS MATERIALIZED (
  SELECT repricing_id, tenant_id FROM repricing, hold_budgets($29::uuid[], $30::bigint[])
  WHERE tenant_id = $27 AND repricing_id = $1 AND state = 'running' AND (cursor_time, cursor_id) = ($2, $3)
  FOR UPDATE OF repricing
), input AS (
  SELECT * FROM unnest(
    $8::uuid[], $9::integer[], $10::timestamptz[], $11::date[], $12::integer[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::numeric[], $19::text[], $20::numeric[], $21::numeric[],
    $22::numeric[], $23::numeric[], $24::bigint[], $25::bigint[], $26::text[], $28::text[]
  ) AS input (
    record_id, revision, event_time, day, user_no, feature, provider, model, response_model,
    old_cost_status, old_cost_total, cost_status, cost_input, cost_output, cost_other, cost_total,
    price_set_id, model_id, resolved_by, api_url
  )
), revised AS (
  INSERT INTO cost_revision (
    tenant_id, repricing_id, record_time, record_id, revision, event_time, day, user_no, feature, provider,
    model, response_model, old_cost_status, old_cost_total, cost_status, cost_input, cost_output,
    cost_other, cost_total, price_set_id, model_id, resolved_by, api_url
  )
  SELECT work.tenant_id, work.repricing_id, $7::timestamptz, input.* FROM work CROSS JOIN input
  ON CONFLICT DO NOTHING
  RETURNING *
), counter AS (
  -- While a budget is counted, a counter may not be there yet.
  INSERT INTO budget_counter AS c (
    tenant_id, budget_no, user_no, period_start, period_end, used, reserved, unpriced_count,
    partial_count, alert_at
  )
  SELECT
    m.tenant_id, m.budget_no, m.user_no, m.period_start, m.period_end,
    coalesce(sum(r.cost_change) FILTER (WHERE m.unit = 'cost'), 0), 0,
    sum(r.unpriced_change), sum(r.partial_change), min(m.alert_at)
  FROM unnest(
    $31::uuid[], $32::uuid[], $33::integer[], $34::integer[], $35::timestamptz[], $36::timestamptz[],
    $37::text[], $38::numeric[]
  ) AS m (tenant_id, record_id, budget_no, user_no, period_start, period_end, unit, alert_at)
  JOIN revised AS r USING (tenant_id, record_id)
  GROUP BY 1, 2, 3, 4, 5
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, budget_no, user_no, period_start) DO UPDATE SET
    used = c.used + excluded.used,
    unpriced_count = c.unpriced_count + excluded.unpriced_count,
    partial_count = c.partial_count + excluded.partial_count
  RETURNING tenant_id, budget_no, user_no, period_start, used, alert_at
), due AS (
  INSERT INTO budget_due (tenant_id, budget_no, user_no, period_start, cause)
  SELECT tenant_id, budget_no, user_no, period_start, 'used' FROM counter WHERE used >= alert_at
  ORDER BY 1, 2, 3, 4
  ON CONFLICT DO NOTHING
), daily_change AS (
  SELECT
    tenant_id, user_no, day, feature, provider, model, sum(unpriced_change) AS unpriced_change,
    sum(partial_change) AS partial_change, sum(cost_change) AS cost_change
  FROM revised GROUP BY 1, 2, 3, 4, 5, 6
), daily_rows AS MATERIALIZED (
  SELECT d.tenant_id FROM usage_daily AS d
  JOIN daily_change AS c USING (tenant_id, user_no, day, feature, provider, model)
  ORDER BY d.tenant_id, d.user_no, d.day, d.feature, d.provider, d.model
  FOR UPDATE OF d
), daily AS (
  UPDATE usage_daily AS d SET
    unpriced_count = d.unpriced_count + c.unpriced_change,
    partial_count = d.partial_count + c.partial_change,
    cost = d.cost + c.cost_change
  FROM daily_change AS c
  WHERE (SELECT count(*) FROM daily_rows) >= 0
    AND (d.tenant_id, d.user_no, d.day, d.feature, d.provider, d.model)
      = (c.tenant_id, c.user_no, c.day, c.feature, c.provider, c.model)
), daily_user_change AS (
  SELECT
    tenant_id, day, user_no, sum(unpriced_change) AS unpriced_change, sum(partial_change) AS partial_change,
    sum(cost_change) AS cost_change
  FROM revised GROUP BY 1, 2, 3
), daily_user_rows AS MATERIALIZED (
  SELECT u.tenant_id FROM usage_daily_user AS u
  JOIN daily_user_change AS c USING (tenant_id, day, user_no)
  ORDER BY u.tenant_id, u.day, u.user_no
  FOR UPDATE OF u
), daily_user AS (
  UPDATE usage_daily_user AS u SET
    unpriced_count = u.unpriced_count + c.unpriced_change,
    partial_count = u.partial_count + c.partial_change,
    cost = u.cost + c.cost_change
  FROM daily_user_change AS c
  WHERE (SELECT count(*) FROM daily_user_rows) >= 0
    AND (u.tenant_id, u.day, u.user_no) = (c.tenant_id, c.day, c.user_no)
), daily_total_change AS (
  -- The log alone knows the function and the status.
  SELECT
    r.tenant_id, r.day, r.feature, r.provider, r.model, l.function_name, l.status,
    sum(r.unpriced_change) AS unpriced_change, sum(r.partial_change) AS partial_change,
    sum(r.cost_change) AS cost_change
  FROM revised AS r
  JOIN usage_log AS l USING (tenant_id, record_id)
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), daily_total_rows AS MATERIALIZED (
  SELECT t.tenant_id FROM usage_daily_total AS t
  JOIN daily_total_change AS c USING (tenant_id, day, feature, provider, model, function_name, status)
  ORDER BY t.tenant_id, t.day, t.feature, t.provider, t.model, t.function_name, t.status
  FOR UPDATE OF t
), daily_total AS (
  UPDATE usage_daily_total AS t SET
    unpriced_count = t.unpriced_count + c.unpriced_change,
    partial_count = t.partial_count + c.partial_change,
    cost = t.cost + c.cost_change
  FROM daily_total_change AS c
  WHERE (SELECT count(*) FROM daily_total_rows) >= 0
    AND (t.tenant_id, t.day, t.feature, t.provider, t.model, t.function_name, t.status)
      = (c.tenant_id, c.day, c.feature, c.provider, c.model, c.function_name, c.status)
), daily_model_change AS (
  SELECT
    tenant_id, day, feature, provider, model, sum(unpriced_change) AS unpriced_change,
    sum(partial_change) AS partial_change, sum(cost_change) AS cost_change
  FROM revised GROUP BY 1, 2, 3, 4, 5
), daily_model_rows AS MATERIALIZED (
  SELECT m.tenant_id FROM usage_daily_model AS m
  JOIN daily_model_change AS c USING (tenant_id, day, feature, provider, model)
  ORDER BY m.tenant_id, m.day, m.feature, m.provider, m.model
  FOR UPDATE OF m
), daily_model AS (
  UPDATE usage_daily_model AS m SET
    unpriced_count = m.unpriced_count + c.unpriced_change,
    partial_count = m.partial_count + c.partial_change,
    cost = m.cost + c.cost_change
  FROM daily_model_change AS c
  WHERE (SELECT count(*) FROM daily_model_rows) >= 0
    AND (m.tenant_id, m.day, m.feature, m.provider, m.model) = (c.tenant_id, c.day, c.feature, c.provider, c.model)
), hourly_change AS (
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC') AS hour, feature, provider, model,
    sum(unpriced_change) AS unpriced_change, sum(partial_change) AS partial_change,
    sum(cost_change) AS cost_change
  FROM revised GROUP BY 1, 2, 3, 4, 5
), hourly_rows AS MATERIALIZED (
  SELECT h.tenant_id FROM usage_hourly AS h
  JOIN hourly_change AS c USING (tenant_id, hour, feature, provider, model)
  ORDER BY h.tenant_id, h.hour, h.feature, h.provider, h.model
  FOR UPDATE OF h
), hourly AS (
  UPDATE usage_hourly AS h SET
    unpriced_count = h.unpriced_count + c.unpriced_change,
    partial_count = h.partial_count + c.partial_change,
    cost = h.cost + c.cost_change
  FROM hourly_change AS c
  WHERE (SELECT count(*) FROM hourly_rows) >= 0
    AND (h.tenant_id, h.hour, h.feature, h.provider, h.model)
      = (c.tenant_id, c.hour, c.feature, c.provider, c.model)
), total_change AS (
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC') AS hour, sum(unpriced_change) AS unpriced_change,
    sum(partial_change) AS partial_change, sum(cost_change) AS cost_change
  FROM revised GROUP BY 1, 2
), total_rows AS MATERIALIZED (
  SELECT t.tenant_id FROM usage_hourly_total AS t
  JOIN total_change AS c USING (tenant_id, hour)
  ORDER BY t.tenant_id, t.hour
  FOR UPDATE OF t
), hourly_total AS (
  UPDATE usage_hourly_total AS t SET
    unpriced_count = t.unpriced_count + c.unpriced_change,
    partial_count = t.partial_count + c.partial_change,
    cost = t.cost + c.cost_change
  FROM total_change AS c
  WHERE (SELECT count(*) FROM total_rows) >= 0 AND (t.tenant_id, t.hour) = (c.tenant_id, c.hour)
), unpriced_change AS (
  SELECT
    tenant_id, provider, model, response_model, api_url, cost_status, sum(request_change) AS request_change,
    min(event_time) AS first_event_time, max(event_time) AS last_event_time
  FROM (
    SELECT
      tenant_id, provider, model, response_model, api_url, old_cost_status AS cost_status,
      -1 AS request_change, event_time
    FROM revised WHERE old_cost_total IS NULL
    UNION ALL
    SELECT tenant_id, provider, model, response_model, api_url, cost_status, 1, event_time
    FROM revised WHERE cost_total IS NULL
  ) AS entry
  GROUP BY 1, 2, 3, 4, 5, 6
), unpriced AS (
  -- A count that falls below zero is refused by the table, so what is new here is never negative.
  INSERT INTO unpriced_usage AS u (
    tenant_id, provider, model, response_model, api_url, cost_status, request_count, first_event_time,
    last_event_time
  )
  SELECT
    c.tenant_id, c.provider, c.model, c.response_model, c.api_url, c.cost_status,
    greatest(c.request_change, 0), c.first_event_time, c.last_event_time
  FROM unpriced_change AS c
  ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (tenant_id, provider, model, response_model, api_url, cost_status) DO UPDATE SET
    request_count = u.request_count + (
      SELECT c.request_change FROM unpriced_change AS c
      WHERE (c.tenant_id, c.provider, c.model, c.response_model, c.api_url, c.cost_status)
        = (u.tenant_id, u.provider, u.model, u.response_model, u.api_url, u.cost_status)
    ),
    first_event_time = least(u.first_event_time, excluded.first_event_time),
    last_event_time = greatest(u.last_event_time, excluded.last_event_time)
)
UPDATE repricing SET
  cursor_time = $4, cursor_id = $5, update_time = $7,
  examined_count = repricing.examined_count + $6,
  revised_count = repricing.revised_count + done.revised_count,
  cost_before = repricing.cost_before + done.cost_before,
  cost_after = repricing.cost_after + done.cost_after
FROM (
  SELECT count(*) AS revised_count, coalesce(sum(old_cost_total), 0) AS cost_before, coalesce(sum(cost_total), 0) AS cost_after
  FROM revised
) AS done
WHERE (repricing.tenant_id, repricing.repricing_id) = (SELECT work.tenant_id, work.repricing_id FROM work)

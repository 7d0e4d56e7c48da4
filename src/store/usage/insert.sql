-- usage.insert: stores records, moves every summary and budget counter of them, and settles the
-- reservations that they name, in one statement.
--
-- Only rows that were not there before are counted, and either all of this happens or nothing.
-- Keys are upserted in sorted order, so that two statements never wait for each other in a circle.
WITH input AS (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::date[], $5::integer[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::bigint[],
    $21::bigint[], $22::bigint[], $23::text[], $24::bigint[], $25::bigint[], $26::text[],
    $27::text[], $28::boolean[], $29::text[], $30::text[], $31::text[], $32::text[],
    $33::numeric[], $34::text[], $35::text[], $36::uuid[], $37::text[], $38::numeric[], $39::numeric[],
    $40::numeric[], $41::numeric[], $42::bigint[], $43::bigint[], $44::text[]
  ) AS input (
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters, latency_us, first_token_us, status, error_message, cached_response,
    price_context, tags, request_metadata, response_metadata, reported_cost, token_convention,
    raw_usage, reservation_id, cost_status, cost_input, cost_output, cost_other, cost_total,
    price_set_id, model_id, resolved_by
  ), hold_budgets($46::uuid[], $47::bigint[])
), inserted AS (
  INSERT INTO usage_log (
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters, latency_us, first_token_us, status, error_message, cached_response,
    price_context, tags, request_metadata, response_metadata, reported_cost, token_convention,
    raw_usage, reservation_id, cost_status, cost_input, cost_output, cost_other, cost_total,
    price_set_id, model_id, resolved_by, record_time
  )
  SELECT
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters::jsonb, latency_us, first_token_us, status, error_message, cached_response,
    price_context::jsonb, tags::jsonb, request_metadata::jsonb, response_metadata::jsonb,
    reported_cost, token_convention, raw_usage::jsonb, reservation_id, cost_status, cost_input,
    cost_output, cost_other, cost_total, price_set_id, model_id, resolved_by,
    $45::timestamptz
  FROM input
  ON CONFLICT DO NOTHING
  RETURNING
    tenant_id, record_id, event_time, day, user_no, feature, provider, model, response_model, api_url, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens, latency_us,
    first_token_us, status, cached_response, reservation_id, cost_status, cost_total
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
), daily AS (
  INSERT INTO usage_daily AS d (
    tenant_id, user_no, day, feature, provider, model, request_count, error_count, cached_count,
    unpriced_count, partial_count, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, output_reasoning_tokens, latency_count, latency_sum_us, first_token_count,
    first_token_sum_us, cost
  )
  SELECT
    tenant_id, user_no, day, feature, provider, model,
    count(*), count(*) FILTER (WHERE status <> 'success'),
    count(*) FILTER (WHERE cached_response), count(*) FILTER (WHERE cost_total IS NULL),
    count(*) FILTER (WHERE cost_status = 'partial'), coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost_total), 0)
  FROM inserted
  GROUP BY 1, 2, 3, 4, 5, 6
  ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (tenant_id, user_no, day, feature, provider, model) DO UPDATE SET
    request_count = d.request_count + excluded.request_count,
    error_count = d.error_count + excluded.error_count,
    cached_count = d.cached_count + excluded.cached_count,
    unpriced_count = d.unpriced_count + excluded.unpriced_count,
    partial_count = d.partial_count + excluded.partial_count,
    input_tokens = d.input_tokens + excluded.input_tokens,
    output_tokens = d.output_tokens + excluded.output_tokens,
    cache_read_tokens = d.cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = d.cache_write_tokens + excluded.cache_write_tokens,
    output_reasoning_tokens = d.output_reasoning_tokens + excluded.output_reasoning_tokens,
    latency_count = d.latency_count + excluded.latency_count,
    latency_sum_us = d.latency_sum_us + excluded.latency_sum_us,
    first_token_count = d.first_token_count + excluded.first_token_count,
    first_token_sum_us = d.first_token_sum_us + excluded.first_token_sum_us,
    cost = d.cost + excluded.cost
), hourly AS (
  INSERT INTO usage_hourly AS h (
    tenant_id, hour, feature, provider, model, request_count, error_count, cached_count,
    unpriced_count, partial_count, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, output_reasoning_tokens, latency_count, latency_sum_us, first_token_count,
    first_token_sum_us, cost
  )
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC'), feature, provider, model,
    count(*), count(*) FILTER (WHERE status <> 'success'),
    count(*) FILTER (WHERE cached_response), count(*) FILTER (WHERE cost_total IS NULL),
    count(*) FILTER (WHERE cost_status = 'partial'), coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost_total), 0)
  FROM inserted
  GROUP BY 1, 2, 3, 4, 5
  ORDER BY 1, 2, 3, 4, 5
  ON CONFLICT (tenant_id, hour, feature, provider, model) DO UPDATE SET
    request_count = h.request_count + excluded.request_count,
    error_count = h.error_count + excluded.error_count,
    cached_count = h.cached_count + excluded.cached_count,
    unpriced_count = h.unpriced_count + excluded.unpriced_count,
    partial_count = h.partial_count + excluded.partial_count,
    input_tokens = h.input_tokens + excluded.input_tokens,
    output_tokens = h.output_tokens + excluded.output_tokens,
    cache_read_tokens = h.cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = h.cache_write_tokens + excluded.cache_write_tokens,
    output_reasoning_tokens = h.output_reasoning_tokens + excluded.output_reasoning_tokens,
    latency_count = h.latency_count + excluded.latency_count,
    latency_sum_us = h.latency_sum_us + excluded.latency_sum_us,
    first_token_count = h.first_token_count + excluded.first_token_count,
    first_token_sum_us = h.first_token_sum_us + excluded.first_token_sum_us,
    cost = h.cost + excluded.cost
), hourly_total AS (
  INSERT INTO usage_hourly_total AS t (
    tenant_id, hour, request_count, error_count, cached_count, unpriced_count, partial_count, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, output_reasoning_tokens, latency_count, latency_sum_us, first_token_count,
    first_token_sum_us, cost
  )
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC'),
    count(*), count(*) FILTER (WHERE status <> 'success'),
    count(*) FILTER (WHERE cached_response), count(*) FILTER (WHERE cost_total IS NULL),
    count(*) FILTER (WHERE cost_status = 'partial'), coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost_total), 0)
  FROM inserted
  GROUP BY 1, 2
  ORDER BY 1, 2
  ON CONFLICT (tenant_id, hour) DO UPDATE SET
    request_count = t.request_count + excluded.request_count,
    error_count = t.error_count + excluded.error_count,
    cached_count = t.cached_count + excluded.cached_count,
    unpriced_count = t.unpriced_count + excluded.unpriced_count,
    partial_count = t.partial_count + excluded.partial_count,
    input_tokens = t.input_tokens + excluded.input_tokens,
    output_tokens = t.output_tokens + excluded.output_tokens,
    cache_read_tokens = t.cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = t.cache_write_tokens + excluded.cache_write_tokens,
    output_reasoning_tokens = t.output_reasoning_tokens + excluded.output_reasoning_tokens,
    latency_count = t.latency_count + excluded.latency_count,
    latency_sum_us = t.latency_sum_us + excluded.latency_sum_us,
    first_token_count = t.first_token_count + excluded.first_token_count,
    first_token_sum_us = t.first_token_sum_us + excluded.first_token_sum_us,
    cost = t.cost + excluded.cost
), measured AS (
  SELECT tenant_id, day, feature, provider, model, 'latency' AS measure, latency_us AS us
  FROM inserted WHERE latency_us IS NOT NULL
  UNION ALL
  SELECT tenant_id, day, feature, provider, model, 'first_token', first_token_us
  FROM inserted WHERE first_token_us IS NOT NULL
), latency AS (
  INSERT INTO usage_latency AS l (
    tenant_id, day, feature, provider, model, measure, bucket, request_count
  )
  SELECT tenant_id, day, feature, provider, model, measure, latency_bucket(us), count(*)
  FROM measured
  GROUP BY 1, 2, 3, 4, 5, 6, 7
  ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (tenant_id, day, feature, provider, model, measure, bucket)
    DO UPDATE SET request_count = l.request_count + excluded.request_count
), newly_active AS (
  -- Most users of a batch are known to be active already; their chunk is not written again.
  SELECT seen.tenant_id, seen.day, seen.user_no / 4096 AS chunk, seen.user_no % 4096 AS bit
  FROM (SELECT DISTINCT tenant_id, day, user_no FROM inserted) AS seen
  LEFT JOIN active_users AS known
    ON (known.tenant_id, known.day, known.chunk) = (seen.tenant_id, seen.day, seen.user_no / 4096)
  WHERE known.users IS NULL OR get_bit(known.users, seen.user_no % 4096) = 0
), active AS (
  INSERT INTO active_users AS a (tenant_id, day, chunk, users)
  SELECT tenant_id, day, chunk, bit_or(set_bit(0::bit(4096), bit, 1))
  FROM newly_active
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ON CONFLICT (tenant_id, day, chunk) DO UPDATE SET users = a.users | excluded.users
), unpriced AS (
  INSERT INTO unpriced_usage AS u (
    tenant_id, provider, model, response_model, api_url, cost_status, request_count, first_event_time,
    last_event_time
  )
  SELECT
    tenant_id, provider, model, response_model, api_url, cost_status, count(*), min(event_time), max(event_time)
  FROM inserted WHERE cost_total IS NULL
  GROUP BY 1, 2, 3, 4, 5, 6
  ORDER BY 1, 2, 3, 4, 5, 6
  ON CONFLICT (tenant_id, provider, model, response_model, api_url, cost_status) DO UPDATE SET
    request_count = u.request_count + excluded.request_count,
    first_event_time = least(u.first_event_time, excluded.first_event_time),
    last_event_time = greatest(u.last_event_time, excluded.last_event_time)
)
SELECT tenant_id, record_id FROM inserted

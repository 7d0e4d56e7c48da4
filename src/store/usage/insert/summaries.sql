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
), daily_user AS (
  INSERT INTO usage_daily_user AS u (
    tenant_id, day, user_no, request_count, error_count, cached_count, unpriced_count,
    partial_count, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    output_reasoning_tokens, latency_count, latency_sum_us, first_token_count, first_token_sum_us,
    cost
  )
  SELECT
    tenant_id, day, user_no,
    count(*), count(*) FILTER (WHERE status <> 'success'),
    count(*) FILTER (WHERE cached_response), count(*) FILTER (WHERE cost_total IS NULL),
    count(*) FILTER (WHERE cost_status = 'partial'), coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost_total), 0)
  FROM inserted
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  ON CONFLICT (tenant_id, day, user_no) DO UPDATE SET
    request_count = u.request_count + excluded.request_count,
    error_count = u.error_count + excluded.error_count,
    cached_count = u.cached_count + excluded.cached_count,
    unpriced_count = u.unpriced_count + excluded.unpriced_count,
    partial_count = u.partial_count + excluded.partial_count,
    input_tokens = u.input_tokens + excluded.input_tokens,
    output_tokens = u.output_tokens + excluded.output_tokens,
    cache_read_tokens = u.cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = u.cache_write_tokens + excluded.cache_write_tokens,
    output_reasoning_tokens = u.output_reasoning_tokens + excluded.output_reasoning_tokens,
    latency_count = u.latency_count + excluded.latency_count,
    latency_sum_us = u.latency_sum_us + excluded.latency_sum_us,
    first_token_count = u.first_token_count + excluded.first_token_count,
    first_token_sum_us = u.first_token_sum_us + excluded.first_token_sum_us,
    cost = u.cost + excluded.cost
), daily_total AS (
  INSERT INTO usage_daily_total AS t (
    tenant_id, day, feature, provider, model, function_name, status,
    request_count, error_count, cached_count, unpriced_count, partial_count, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    latency_count, latency_sum_us, first_token_count, first_token_sum_us, cost
  )
  SELECT
    tenant_id, day, feature, provider, model, function_name, status,
    count(*), count(*) FILTER (WHERE status <> 'success'),
    count(*) FILTER (WHERE cached_response), count(*) FILTER (WHERE cost_total IS NULL),
    count(*) FILTER (WHERE cost_status = 'partial'), coalesce(sum(input_tokens), 0),
    coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost_total), 0)
  FROM inserted
  GROUP BY 1, 2, 3, 4, 5, 6, 7
  ORDER BY 1, 2, 3, 4, 5, 6, 7
  ON CONFLICT (tenant_id, day, feature, provider, model, function_name, status) DO UPDATE SET
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
), daily_model AS (
  INSERT INTO usage_daily_model AS m (
    tenant_id, day, feature, provider, model,
    request_count, error_count, cached_count, unpriced_count, partial_count, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    latency_count, latency_sum_us, first_token_count, first_token_sum_us, cost
  )
  SELECT
    tenant_id, day, feature, provider, model,
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
  ON CONFLICT (tenant_id, day, feature, provider, model) DO UPDATE SET
    request_count = m.request_count + excluded.request_count,
    error_count = m.error_count + excluded.error_count,
    cached_count = m.cached_count + excluded.cached_count,
    unpriced_count = m.unpriced_count + excluded.unpriced_count,
    partial_count = m.partial_count + excluded.partial_count,
    input_tokens = m.input_tokens + excluded.input_tokens,
    output_tokens = m.output_tokens + excluded.output_tokens,
    cache_read_tokens = m.cache_read_tokens + excluded.cache_read_tokens,
    cache_write_tokens = m.cache_write_tokens + excluded.cache_write_tokens,
    output_reasoning_tokens = m.output_reasoning_tokens + excluded.output_reasoning_tokens,
    latency_count = m.latency_count + excluded.latency_count,
    latency_sum_us = m.latency_sum_us + excluded.latency_sum_us,
    first_token_count = m.first_token_count + excluded.first_token_count,
    first_token_sum_us = m.first_token_sum_us + excluded.first_token_sum_us,
    cost = m.cost + excluded.cost
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
), latency_total AS (
  INSERT INTO usage_latency_total AS l (tenant_id, day, measure, bucket, request_count)
  SELECT tenant_id, day, measure, latency_bucket(us), count(*)
  FROM measured
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, day, measure, bucket)
    DO UPDATE SET request_count = l.request_count + excluded.request_count
), newly_active AS (
  -- Most users of a batch are known to be active already; their chunk is not written again.
  SELECT seen.tenant_id, seen.day, seen.user_no / 4096 AS chunk, seen.user_no % 4096 AS bit
  FROM (SELECT DISTINCT tenant_id, day, user_no FROM inserted) AS seen
  LEFT JOIN active_users AS known
    ON (known.tenant_id, known.span_days, known.first_day, known.chunk)
      = (seen.tenant_id, 1, seen.day, seen.user_no / 4096)
  WHERE known.users IS NULL OR get_bit(known.users, seen.user_no % 4096) = 0
), newly_active_in_span AS (
  -- Who is not new on a day is not new in a span of it either.
  SELECT tenant_id, 1 AS span_days, day AS first_day, chunk, bit FROM newly_active
  UNION ALL
  SELECT new.tenant_id, span.days, span_start(new.day, span.days), new.chunk, new.bit
  FROM newly_active AS new
  CROSS JOIN (VALUES (8), (64)) AS span (days)
  LEFT JOIN LATERAL (
    -- OFFSET 0 keeps this a look-up by the key.
    SELECT users FROM active_users
    WHERE (tenant_id, first_day, chunk) = (new.tenant_id, span_start(new.day, span.days), new.chunk)
      AND span_days = span.days
    OFFSET 0
  ) AS known ON true
  WHERE known.users IS NULL OR get_bit(known.users, new.bit) = 0
), active AS (
  INSERT INTO active_users AS a (tenant_id, span_days, first_day, chunk, users)
  SELECT tenant_id, span_days, first_day, chunk, bit_or(set_bit(0::bit(4096), bit, 1))
  FROM newly_active_in_span
  GROUP BY 1, 2, 3, 4
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (tenant_id, span_days, first_day, chunk) DO UPDATE SET users = a.users | excluded.users
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

-- verify.differences: rows in which a summary and the fold of the log differ, up to 50 of each kind,
-- in one snapshot. Where the log was dropped, whole days and hours after that are compared, and counters
-- of which every record is there.
WITH daily AS (
  SELECT
    tenant_id, user_no, day, feature, provider, model,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3, 4, 5, 6
), daily_user AS (
  SELECT
    tenant_id, day, user_no,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3
), daily_total AS (
  SELECT
    tenant_id, day, feature, provider, model, function_name, status,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry_detail LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), daily_model AS (
  SELECT
    tenant_id, day, feature, provider, model,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3, 4, 5
), hourly AS (
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC') AS hour, feature, provider, model,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry LEFT JOIN log_retention USING (tenant_id)
  WHERE date_trunc('hour', event_time, 'UTC') >= coalesce(log_start_time, '-infinity')
  GROUP BY 1, 2, 3, 4, 5
), hourly_total AS (
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC') AS hour,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry LEFT JOIN log_retention USING (tenant_id)
  WHERE date_trunc('hour', event_time, 'UTC') >= coalesce(log_start_time, '-infinity')
  GROUP BY 1, 2
), measured AS (
  SELECT tenant_id, day, feature, provider, model, 'latency' AS measure, latency_us AS us
  FROM usage_log WHERE latency_us IS NOT NULL
  UNION ALL
  SELECT tenant_id, day, feature, provider, model, 'first_token', first_token_us
  FROM usage_log WHERE first_token_us IS NOT NULL
), latency AS (
  SELECT tenant_id, day, feature, provider, model, measure, latency_bucket(us), count(*)
  FROM measured LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), latency_total AS (
  SELECT tenant_id, day, measure, latency_bucket(us), count(*)
  FROM measured LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3, 4
), active AS (
  SELECT tenant_id, span.days, span_start(day, span.days), user_no / 4096, bit_or(set_bit(0::bit(4096), user_no % 4096, 1))
  FROM (SELECT DISTINCT tenant_id, day, user_no FROM usage_log) AS seen
  CROSS JOIN (VALUES (1), (8), (64)) AS span (days)
  LEFT JOIN log_retention USING (tenant_id)
  WHERE span_start(day, span.days) >= coalesce(first_whole_day, '-infinity')
  GROUP BY 1, 2, 3, 4
), unpriced AS (
  SELECT
    tenant_id, provider, model, response_model, api_url, cost_status, sum(request_count) AS request_count
  FROM (
    SELECT tenant_id, provider, model, response_model, api_url, cost_status, 1 AS request_count
    FROM usage_log WHERE cost_total IS NULL
    UNION ALL
    SELECT tenant_id, provider, model, response_model, api_url, old_cost_status, -1
    FROM cost_revision WHERE old_cost_total IS NULL
    UNION ALL
    SELECT tenant_id, provider, model, response_model, api_url, cost_status, 1
    FROM cost_revision WHERE cost_total IS NULL
  ) AS entry
  GROUP BY 1, 2, 3, 4, 5, 6
  HAVING sum(request_count) <> 0
), active_budget AS (
  SELECT tenant_id, budget_no, count_from, coalesce(log_start_time, '-infinity') AS log_start_time
  FROM budget LEFT JOIN log_retention USING (tenant_id)
  WHERE state = 'active'
), counted AS (
  -- Where an entry has no counter, the period is missing.
  SELECT
    e.tenant_id, e.budget_no, e.user_no, c.period_start, sum(e.used) AS used,
    sum(e.unpriced_count) AS unpriced_count, sum(e.partial_count) AS partial_count,
    min(e.event_time) AS first_event_time
  FROM budget_entry AS e
  JOIN active_budget USING (tenant_id, budget_no)
  LEFT JOIN budget_counter AS c
    ON (c.tenant_id, c.budget_no, c.user_no) = (e.tenant_id, e.budget_no, e.user_no)
    AND e.event_time >= c.period_start AND e.event_time < c.period_end
  WHERE greatest(coalesce(c.period_start, e.event_time), count_from) >= log_start_time
  GROUP BY 1, 2, 3, 4
), counters AS (
  SELECT tenant_id, budget_no, user_no, period_start, used, unpriced_count, partial_count, first_event_time
  FROM budget_counter JOIN active_budget USING (tenant_id, budget_no)
  WHERE (first_event_time IS NOT NULL OR used <> 0) AND greatest(period_start, count_from) >= log_start_time
), held AS (
  SELECT h.tenant_id, h.budget_no, h.user_no, h.period_start, sum(h.amount) AS reserved
  FROM budget_hold AS h
  JOIN budget_reservation AS r USING (tenant_id, reservation_id)
  JOIN active_budget USING (tenant_id, budget_no)
  WHERE r.state = 'held'
  GROUP BY 1, 2, 3, 4
  HAVING sum(h.amount) <> 0
), reserved AS (
  SELECT tenant_id, budget_no, user_no, period_start, reserved
  FROM budget_counter JOIN active_budget USING (tenant_id, budget_no)
  WHERE reserved <> 0
), unpriced_kept AS (
  SELECT tenant_id, provider, model, response_model, api_url, cost_status, request_count FROM unpriced_usage
  WHERE request_count <> 0
), usage_daily_kept AS (
  SELECT summary.* FROM usage_daily AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
), usage_daily_user_kept AS (
  SELECT summary.* FROM usage_daily_user AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
), usage_daily_total_kept AS (
  SELECT summary.* FROM usage_daily_total AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
), usage_daily_model_kept AS (
  SELECT summary.* FROM usage_daily_model AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
), usage_hourly_kept AS (
  SELECT summary.* FROM usage_hourly AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE hour >= coalesce(log_start_time, '-infinity')
), usage_hourly_total_kept AS (
  SELECT summary.* FROM usage_hourly_total AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE hour >= coalesce(log_start_time, '-infinity')
), usage_latency_kept AS (
  SELECT summary.* FROM usage_latency AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
), usage_latency_total_kept AS (
  SELECT summary.* FROM usage_latency_total AS summary LEFT JOIN log_retention USING (tenant_id)
  WHERE day >= coalesce(first_whole_day, '-infinity')
), active_users_kept AS (
  SELECT tenant_id, span_days, first_day, chunk, users FROM active_users LEFT JOIN log_retention USING (tenant_id)
  WHERE first_day >= coalesce(first_whole_day, '-infinity')
)
(
  SELECT 'usage_daily' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM daily EXCEPT SELECT * FROM usage_daily_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_daily_kept EXCEPT SELECT * FROM daily) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily_user' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM daily_user EXCEPT SELECT * FROM usage_daily_user_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily_user', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_daily_user_kept EXCEPT SELECT * FROM daily_user) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily_total' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM daily_total EXCEPT SELECT * FROM usage_daily_total_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily_total', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_daily_total_kept EXCEPT SELECT * FROM daily_total) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily_model' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM daily_model EXCEPT SELECT * FROM usage_daily_model_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily_model', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_daily_model_kept EXCEPT SELECT * FROM daily_model) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM hourly EXCEPT SELECT * FROM usage_hourly_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_hourly_kept EXCEPT SELECT * FROM hourly) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly_total' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM hourly_total EXCEPT SELECT * FROM usage_hourly_total_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly_total', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_hourly_total_kept EXCEPT SELECT * FROM hourly_total) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_latency' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM latency EXCEPT SELECT * FROM usage_latency_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_latency', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_latency_kept EXCEPT SELECT * FROM latency) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_latency_total' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM latency_total EXCEPT SELECT * FROM usage_latency_total_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_latency_total', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_latency_total_kept EXCEPT SELECT * FROM latency_total) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'active_users' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM active EXCEPT SELECT * FROM active_users_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'active_users', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM active_users_kept EXCEPT SELECT * FROM active) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'unpriced_usage' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM unpriced EXCEPT SELECT * FROM unpriced_kept) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'unpriced_usage', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM unpriced_kept EXCEPT SELECT * FROM unpriced) AS d LIMIT 50
)
UNION ALL
(
  -- A revision begins where the one before ended, and the first one where the log did.
  SELECT 'cost_revision', 'log', to_jsonb(d)::text
  FROM (
    SELECT r.tenant_id, r.record_id, r.revision
    FROM cost_revision AS r
    LEFT JOIN cost_revision AS before
      ON (before.tenant_id, before.record_id, before.revision) = (r.tenant_id, r.record_id, r.revision - 1)
    LEFT JOIN usage_log AS log
      ON r.revision = 1 AND (log.tenant_id, log.record_id) = (r.tenant_id, r.record_id)
    WHERE r.old_cost_total IS DISTINCT FROM CASE WHEN r.revision = 1 THEN log.cost_total ELSE before.cost_total END
      OR r.old_cost_status IS DISTINCT FROM CASE WHEN r.revision = 1 THEN log.cost_status ELSE before.cost_status END
  ) AS d
  LIMIT 50
)
UNION ALL
(
  -- Every number of the log is somebody's.
  SELECT 'tenant_user', 'log', to_jsonb(d)::text
  FROM (SELECT tenant_id, user_no FROM usage_log EXCEPT SELECT tenant_id, user_no FROM tenant_user) AS d
  LIMIT 50
)
UNION ALL
(
  SELECT 'budget_counter' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM counted EXCEPT SELECT * FROM counters) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'budget_counter', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM counters EXCEPT SELECT * FROM counted) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'budget_reserved' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM held EXCEPT SELECT * FROM reserved) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'budget_reserved', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM reserved EXCEPT SELECT * FROM held) AS d LIMIT 50
)

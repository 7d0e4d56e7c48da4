-- verify.differences: rows in which a summary and the fold of the log differ, up to 50 of each kind,
-- in one snapshot.
WITH daily AS (
  SELECT
    tenant_id, user_no, day, feature, provider, model,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry
  GROUP BY 1, 2, 3, 4, 5, 6
), hourly AS (
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC') AS hour, feature, provider, model,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry
  GROUP BY 1, 2, 3, 4, 5
), hourly_total AS (
  SELECT
    tenant_id, date_trunc('hour', event_time, 'UTC') AS hour,
    sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
    coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
    coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
    count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
    coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
  FROM usage_entry
  GROUP BY 1, 2
), measured AS (
  SELECT tenant_id, day, feature, provider, model, 'latency' AS measure, latency_us AS us
  FROM usage_log WHERE latency_us IS NOT NULL
  UNION ALL
  SELECT tenant_id, day, feature, provider, model, 'first_token', first_token_us
  FROM usage_log WHERE first_token_us IS NOT NULL
), latency AS (
  SELECT tenant_id, day, feature, provider, model, measure, latency_bucket(us), count(*)
  FROM measured
  GROUP BY 1, 2, 3, 4, 5, 6, 7
), active AS (
  SELECT tenant_id, day, user_no / 4096, bit_or(set_bit(0::bit(4096), user_no % 4096, 1))
  FROM (SELECT DISTINCT tenant_id, day, user_no FROM usage_log) AS seen
  GROUP BY 1, 2, 3
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
), unpriced_kept AS (
  SELECT tenant_id, provider, model, response_model, api_url, cost_status, request_count FROM unpriced_usage
)
(
  SELECT 'usage_daily' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM daily EXCEPT SELECT * FROM usage_daily) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_daily', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_daily EXCEPT SELECT * FROM daily) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM hourly EXCEPT SELECT * FROM usage_hourly) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_hourly EXCEPT SELECT * FROM hourly) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly_total' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM hourly_total EXCEPT SELECT * FROM usage_hourly_total) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_hourly_total', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_hourly_total EXCEPT SELECT * FROM hourly_total) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_latency' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM latency EXCEPT SELECT * FROM usage_latency) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'usage_latency', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM usage_latency EXCEPT SELECT * FROM latency) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'active_users' AS summary, 'log' AS source, to_jsonb(d)::text AS content
  FROM (SELECT * FROM active EXCEPT SELECT * FROM active_users) AS d LIMIT 50
)
UNION ALL
(
  SELECT 'active_users', 'summary', to_jsonb(d)::text
  FROM (SELECT * FROM active_users EXCEPT SELECT * FROM active) AS d LIMIT 50
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

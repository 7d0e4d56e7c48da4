-- log.group_cost: sums over one job or session, and by function, model and user, in one snapshot.
--
-- $1 tenant, $2 job or $3 session, the other one absent, $4 users or absent for any, $5 how many keys of
-- each kind come by themselves; those past them come together, without a key. The dearest come first, those
-- of equal cost by most records, then by name.
WITH record AS MATERIALIZED (
  SELECT
    log.event_time, log.function_name, log.model, log.user_no, log.status, log.cached_response,
    log.input_tokens, log.output_tokens, log.cache_read_tokens, log.cache_write_tokens,
    log.output_reasoning_tokens,
    CASE WHEN now.revision IS NULL THEN log.cost_status ELSE now.cost_status END AS cost_status,
    CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END AS cost
  FROM usage_log AS log
  LEFT JOIN LATERAL (
    SELECT revision, cost_status, cost_total FROM cost_revision AS r
    WHERE r.tenant_id = log.tenant_id AND r.record_id = log.record_id
    ORDER BY revision DESC LIMIT 1
  ) AS now ON true
  WHERE log.tenant_id = $1
    AND ($2::text IS NULL OR log.job_id = $2)
    AND ($3::text IS NULL OR log.session_id = $3)
    AND ($4::integer[] IS NULL OR log.user_no = ANY ($4))
), summed AS (
  SELECT
    CASE
      WHEN grouping(function_name) = 0 THEN 'function'
      WHEN grouping(model) = 0 THEN 'model'
      WHEN grouping(user_no) = 0 THEN 'user'
      ELSE 'all'
    END AS kind,
    function_name, model, user_no, min(event_time) AS first_event_time, max(event_time) AS last_event_time,
    count(*) AS request_count, count(*) FILTER (WHERE status <> 'success') AS error_count,
    count(*) FILTER (WHERE cached_response) AS cached_count,
    count(*) FILTER (WHERE cost IS NULL) AS unpriced_count,
    count(*) FILTER (WHERE cost_status = 'partial') AS partial_count,
    coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
    coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
    coalesce(sum(cache_read_tokens), 0)::bigint AS cache_read_tokens,
    coalesce(sum(cache_write_tokens), 0)::bigint AS cache_write_tokens,
    coalesce(sum(output_reasoning_tokens), 0)::bigint AS output_reasoning_tokens,
    coalesce(sum(cost), 0) AS cost
  FROM record
  GROUP BY GROUPING SETS ((), (function_name), (model), (user_no))
), named AS (
  SELECT
    summed.*, coalesce(function_name, model, user_id, '') AS key,
    row_number() OVER (
      PARTITION BY kind ORDER BY cost DESC, request_count DESC, coalesce(function_name, model, user_id)
    ) AS place
  FROM summed
  LEFT JOIN tenant_user ON tenant_user.tenant_id = $1 AND tenant_user.user_no = summed.user_no
)
SELECT
  kind, CASE WHEN min(place) <= $5 THEN min(key) END AS key, count(*) AS key_count,
  min(first_event_time) AS first_event_time, max(last_event_time) AS last_event_time,
  sum(request_count)::bigint AS request_count, sum(error_count)::bigint AS error_count,
  sum(cached_count)::bigint AS cached_count, sum(unpriced_count)::bigint AS unpriced_count,
  sum(partial_count)::bigint AS partial_count, sum(input_tokens)::bigint AS input_tokens,
  sum(output_tokens)::bigint AS output_tokens, sum(cache_read_tokens)::bigint AS cache_read_tokens,
  sum(cache_write_tokens)::bigint AS cache_write_tokens,
  sum(output_reasoning_tokens)::bigint AS output_reasoning_tokens, trim_scale(sum(cost))::text AS cost
FROM named
GROUP BY kind, least(place, $5 + 1)
ORDER BY kind, min(place)

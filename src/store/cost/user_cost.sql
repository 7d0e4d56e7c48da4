-- cost.user_cost: one user's sums by day, feature, provider and model: whole days from the summary,
-- the ragged edges from the log, in one snapshot.
--
-- $1 tenant, $2 user, $3 first and $4 end of the whole days, $5 starts and $6 ends of the edges,
-- $7 starts of the days that the edges touch and $8 their dates.
WITH asked AS (
  SELECT user_no FROM tenant_user WHERE tenant_id = $1 AND user_id = $2
)
SELECT
  day, feature, provider, model,
  request_count, error_count, cached_count, unpriced_count, partial_count, input_tokens,
  output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
  trim_scale(cost)::text AS cost
FROM usage_daily
WHERE tenant_id = $1 AND user_no = (SELECT user_no FROM asked) AND day >= $3 AND day < $4
UNION ALL
SELECT
  ($8::date[])[width_bucket(log.event_time, $7::timestamptz[])], log.feature, log.provider, log.model,
  count(*), count(*) FILTER (WHERE log.status <> 'success'),
  count(*) FILTER (WHERE log.cached_response), count(*) FILTER (WHERE log.cost_total IS NULL),
  count(*) FILTER (WHERE log.cost_status = 'partial'), coalesce(sum(log.input_tokens), 0)::bigint,
  coalesce(sum(log.output_tokens), 0)::bigint, coalesce(sum(log.cache_read_tokens), 0)::bigint,
  coalesce(sum(log.cache_write_tokens), 0)::bigint,
  coalesce(sum(log.output_reasoning_tokens), 0)::bigint,
  trim_scale(coalesce(sum(log.cost_total), 0))::text
FROM unnest($5::timestamptz[], $6::timestamptz[]) AS edge (start_time, end_time)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the edge's bounds inside, as conditions of the index: a plan made for any
  -- parameters would else read the user's whole history and filter it.
  SELECT * FROM usage_log AS log
  WHERE log.tenant_id = $1
    AND log.user_no = (SELECT user_no FROM asked)
    AND log.event_time >= edge.start_time
    AND log.event_time < edge.end_time
  OFFSET 0
) AS log
GROUP BY 1, 2, 3, 4

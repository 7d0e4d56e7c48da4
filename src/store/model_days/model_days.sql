-- model_days: what everybody used on each day, by provider and model as reported: whole hours from
-- the summary, the ragged edges of days from the entries, in one snapshot.
--
-- $1 tenant; days with $3 the first and $4 the end of their whole hours; days with $6 starts and $7
-- ends of their edges.
WITH used AS (
  SELECT
    d.day, u.provider, u.model, u.request_count, u.cached_count, u.unpriced_count, u.partial_count,
    u.input_tokens, u.output_tokens, u.cache_read_tokens, u.cache_write_tokens,
    u.output_reasoning_tokens, u.cost
  FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[]) AS d (day, first_hour, end_hour)
  JOIN usage_hourly AS u
    ON u.tenant_id = $1 AND u.hour >= d.first_hour AND u.hour < d.end_hour
  UNION ALL
  SELECT
    d.day, e.provider, e.model, e.request_count, e.cached_count, e.unpriced_count, e.partial_count,
    e.input_tokens, e.output_tokens, e.cache_read_tokens, e.cache_write_tokens,
    e.output_reasoning_tokens, e.cost
  FROM unnest($5::date[], $6::timestamptz[], $7::timestamptz[]) AS d (day, start_time, end_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 as in cost.user_cost.
    SELECT * FROM usage_entry AS e
    WHERE e.tenant_id = $1 AND e.event_time >= d.start_time AND e.event_time < d.end_time
    OFFSET 0
  ) AS e
)
SELECT
  day, provider, model, sum(request_count)::bigint AS request_count,
  sum(cached_count)::bigint AS cached_count, sum(unpriced_count)::bigint AS unpriced_count,
  sum(partial_count)::bigint AS partial_count,
  coalesce(sum(input_tokens), 0)::bigint AS input_tokens,
  coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
  coalesce(sum(cache_read_tokens), 0)::bigint AS cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0)::bigint AS cache_write_tokens,
  coalesce(sum(output_reasoning_tokens), 0)::bigint AS output_reasoning_tokens,
  trim_scale(coalesce(sum(cost), 0))::text AS cost
FROM used
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3

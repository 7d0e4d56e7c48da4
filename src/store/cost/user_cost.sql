-- cost.user_cost: one user's sums by day, feature, provider and model: whole days from the summary,
-- the ragged edges from the entries, in one snapshot.
--
-- $1 tenant, $2 user, $3 first and $4 end of the whole days, $5 starts and $6 ends of the edges,
-- $7 starts of the days that the edges touch and $8 their dates, $9 whether costs are wanted as
-- recorded, without their revisions.
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
  day, feature, provider, model, 0, 0, 0, -sum(unpriced_change), -sum(partial_change), 0, 0, 0, 0, 0,
  trim_scale(-sum(cost_change))::text
FROM cost_revision
WHERE $9 AND tenant_id = $1 AND user_no = (SELECT user_no FROM asked) AND day >= $3 AND day < $4
GROUP BY 1, 2, 3, 4
UNION ALL
SELECT
  ($8::date[])[width_bucket(entry.event_time, $7::timestamptz[])], entry.feature, entry.provider, entry.model,
  sum(entry.request_count), sum(entry.error_count), sum(entry.cached_count), sum(entry.unpriced_count),
  sum(entry.partial_count), coalesce(sum(entry.input_tokens), 0)::bigint,
  coalesce(sum(entry.output_tokens), 0)::bigint, coalesce(sum(entry.cache_read_tokens), 0)::bigint,
  coalesce(sum(entry.cache_write_tokens), 0)::bigint,
  coalesce(sum(entry.output_reasoning_tokens), 0)::bigint,
  trim_scale(coalesce(sum(entry.cost), 0))::text
FROM unnest($5::timestamptz[], $6::timestamptz[]) AS edge (start_time, end_time)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the edge's bounds inside, as conditions of the index: a plan made for any
  -- parameters would else read the user's whole history and filter it.
  SELECT * FROM usage_entry AS entry
  WHERE entry.tenant_id = $1
    AND entry.user_no = (SELECT user_no FROM asked)
    AND entry.event_time >= edge.start_time
    AND entry.event_time < edge.end_time
  OFFSET 0
) AS entry
WHERE NOT ($9 AND entry.is_revision)
GROUP BY 1, 2, 3, 4

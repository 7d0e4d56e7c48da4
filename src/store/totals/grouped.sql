), grouped AS (
  SELECT
    bucket,
    CASE $2
      WHEN 'feature' THEN feature WHEN 'function' THEN function_name WHEN 'provider' THEN provider
      WHEN 'model' THEN model WHEN 'status' THEN status WHEN 'job' THEN job_id
      WHEN 'session' THEN session_id WHEN 'tag' THEN tag WHEN 'user' THEN user_no::text
      ELSE ''
    END AS first_key,
    CASE $3
      WHEN 'feature' THEN feature WHEN 'function' THEN function_name WHEN 'provider' THEN provider
      WHEN 'model' THEN model WHEN 'status' THEN status WHEN 'job' THEN job_id
      WHEN 'session' THEN session_id WHEN 'tag' THEN tag WHEN 'user' THEN user_no::text
      ELSE ''
    END AS second_key,
    coalesce(sum(request_count), 0) AS request_count, coalesce(sum(error_count), 0) AS
    error_count, coalesce(sum(cached_count), 0) AS cached_count, coalesce(sum(unpriced_count),
    0) AS unpriced_count, coalesce(sum(partial_count), 0) AS partial_count,
    coalesce(sum(input_tokens), 0) AS input_tokens, coalesce(sum(output_tokens), 0) AS
    output_tokens, coalesce(sum(cache_read_tokens), 0) AS cache_read_tokens,
    coalesce(sum(cache_write_tokens), 0) AS cache_write_tokens,
    coalesce(sum(output_reasoning_tokens), 0) AS output_reasoning_tokens,
    coalesce(sum(latency_count), 0) AS latency_count, coalesce(sum(latency_sum_us), 0) AS
    latency_sum_us, coalesce(sum(first_token_count), 0) AS first_token_count,
    coalesce(sum(first_token_sum_us), 0) AS first_token_sum_us, coalesce(sum(cost), 0) AS cost
  FROM part AS entry (
    bucket, user_no, feature, function_name, provider, model, status, job_id, session_id, tag,
    request_count, error_count, cached_count, unpriced_count, partial_count, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    latency_count, latency_sum_us, first_token_count, first_token_sum_us, cost
  )
  GROUP BY 1, 2, 3
), named AS (
  -- Users have numbers in the store and ids of their own outside.
  SELECT
    grouped.*, coalesce(one.user_id, first_key) AS first_name,
    coalesce(other.user_id, second_key) AS second_name
  FROM grouped
  LEFT JOIN tenant_user AS one
    ON $2 = 'user' AND one.tenant_id = $1 AND one.user_no = CASE WHEN $2 = 'user' THEN first_key::integer END
  LEFT JOIN tenant_user AS other
    ON $3 = 'user' AND other.tenant_id = $1 AND other.user_no = CASE WHEN $3 = 'user' THEN second_key::integer END
  WHERE request_count <> 0 OR cost <> 0 OR unpriced_count <> 0 OR partial_count <> 0
), ranked AS (
  -- $26: how many keys come by themselves; $27: whether each bucket is a key of its own.
  SELECT
    named.*,
    dense_rank() OVER (
      ORDER BY key_cost DESC, key_requests DESC, first_name COLLATE "C", second_name COLLATE "C", key_bucket
    ) AS place
  FROM (
    SELECT
      named.*, CASE WHEN $27 THEN bucket ELSE 0 END AS key_bucket,
      sum(cost) OVER same AS key_cost, sum(request_count) OVER same AS key_requests
    FROM named
    WINDOW same AS (PARTITION BY CASE WHEN $27 THEN bucket ELSE 0 END, first_name, second_name)
  ) AS named
)
SELECT
  CASE WHEN place <= $26 OR NOT $27 THEN bucket ELSE 0 END AS bucket,
  CASE WHEN place <= $26 THEN place END AS place,
  CASE WHEN place <= $26 THEN first_name ELSE '' END AS first_key,
  CASE WHEN place <= $26 THEN second_name ELSE '' END AS second_key,
  count(DISTINCT place) AS key_count,
  sum(request_count)::bigint AS request_count, sum(error_count)::bigint AS error_count,
  sum(cached_count)::bigint AS cached_count, sum(unpriced_count)::bigint AS unpriced_count,
  sum(partial_count)::bigint AS partial_count, sum(input_tokens)::bigint AS input_tokens,
  sum(output_tokens)::bigint AS output_tokens, sum(cache_read_tokens)::bigint AS
  cache_read_tokens, sum(cache_write_tokens)::bigint AS cache_write_tokens,
  sum(output_reasoning_tokens)::bigint AS output_reasoning_tokens, sum(latency_count)::bigint AS
  latency_count, trim_scale(sum(latency_sum_us))::text AS latency_sum_us,
  sum(first_token_count)::bigint AS first_token_count, trim_scale(sum(first_token_sum_us))::text
  AS first_token_sum_us, trim_scale(sum(cost))::text AS cost
FROM ranked
GROUP BY 1, 2, 3, 4
ORDER BY 2, 1

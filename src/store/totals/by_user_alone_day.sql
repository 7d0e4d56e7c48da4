-- Whole days by user, whatever the feature and model.
SELECT
  slice.bucket, daily.user_no, '', '', '', '', '', '', '', '',
  daily.request_count, daily.error_count, daily.cached_count, daily.unpriced_count,
  daily.partial_count, daily.input_tokens, daily.output_tokens, daily.cache_read_tokens,
  daily.cache_write_tokens, daily.output_reasoning_tokens, daily.latency_count,
  daily.latency_sum_us, daily.first_token_count, daily.first_token_sum_us, daily.cost
FROM unnest($5::integer[], $6::date[], $7::date[]) AS slice (bucket, from_day, to_day)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
  SELECT * FROM usage_daily_user AS daily
  WHERE daily.tenant_id = $1 AND daily.day >= slice.from_day AND daily.day < slice.to_day
    AND ($14::integer[] IS NULL OR daily.user_no = ANY ($14))
  OFFSET 0
) AS daily

-- Whole days by feature, function, provider, model and status.
SELECT
  slice.bucket, NULL::integer, daily.feature, daily.function_name, daily.provider, daily.model, daily.status, '', '', '',
  daily.request_count, daily.error_count, daily.cached_count, daily.unpriced_count,
  daily.partial_count, daily.input_tokens, daily.output_tokens, daily.cache_read_tokens,
  daily.cache_write_tokens, daily.output_reasoning_tokens, daily.latency_count,
  daily.latency_sum_us, daily.first_token_count, daily.first_token_sum_us, daily.cost
FROM unnest($5::integer[], $6::date[], $7::date[]) AS slice (bucket, from_day, to_day)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
  SELECT * FROM usage_daily_total AS daily
  WHERE daily.tenant_id = $1 AND daily.day >= slice.from_day AND daily.day < slice.to_day
    AND ($15::text[] IS NULL OR daily.feature = ANY ($15))
    AND ($17::text[] IS NULL OR daily.provider = ANY ($17))
    AND ($18::text[] IS NULL OR daily.model = ANY ($18))
    AND ($16::text[] IS NULL OR daily.function_name = ANY ($16))
    AND ($19::text[] IS NULL OR daily.status = ANY ($19))
    AND ($25::boolean IS NULL OR (daily.status <> 'success') = $25)
  OFFSET 0
) AS daily

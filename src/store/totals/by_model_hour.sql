-- Whole hours by feature, provider and model.
SELECT
  slice.bucket, NULL::integer, hourly.feature, '', hourly.provider, hourly.model, '', '', '', '',
  hourly.request_count, hourly.error_count, hourly.cached_count, hourly.unpriced_count,
  hourly.partial_count, hourly.input_tokens, hourly.output_tokens, hourly.cache_read_tokens,
  hourly.cache_write_tokens, hourly.output_reasoning_tokens, hourly.latency_count,
  hourly.latency_sum_us, hourly.first_token_count, hourly.first_token_sum_us, hourly.cost
FROM unnest($8::integer[], $9::timestamptz[], $10::timestamptz[]) AS slice (bucket, from_hour, to_hour)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
  SELECT * FROM usage_hourly AS hourly
  WHERE hourly.tenant_id = $1 AND hourly.hour >= slice.from_hour AND hourly.hour < slice.to_hour
    AND ($15::text[] IS NULL OR hourly.feature = ANY ($15))
    AND ($17::text[] IS NULL OR hourly.provider = ANY ($17))
    AND ($18::text[] IS NULL OR hourly.model = ANY ($18))
  OFFSET 0
) AS hourly

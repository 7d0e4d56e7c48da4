-- What is left of hours and days, from the entries.
SELECT
  slice.bucket, entry.user_no, entry.feature, '', entry.provider, entry.model, '', '', '', '',
  entry.request_count, entry.error_count, entry.cached_count, entry.unpriced_count,
  entry.partial_count, entry.input_tokens, entry.output_tokens, entry.cache_read_tokens,
  entry.cache_write_tokens, entry.output_reasoning_tokens, (entry.latency_us IS NOT NULL)::int,
  entry.latency_us, (entry.first_token_us IS NOT NULL)::int, entry.first_token_us, entry.cost
FROM unnest($11::integer[], $12::timestamptz[], $13::timestamptz[]) AS slice (bucket, from_time, to_time)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
  SELECT * FROM usage_entry AS entry
  WHERE entry.tenant_id = $1 AND entry.event_time >= slice.from_time AND entry.event_time < slice.to_time
    AND ($14::integer[] IS NULL OR entry.user_no = ANY ($14))
    AND ($15::text[] IS NULL OR entry.feature = ANY ($15))
    AND ($17::text[] IS NULL OR entry.provider = ANY ($17))
    AND ($18::text[] IS NULL OR entry.model = ANY ($18))
  OFFSET 0
) AS entry

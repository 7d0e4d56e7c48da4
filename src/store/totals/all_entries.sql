-- Entries with every name that they have.
SELECT
  slice.bucket, entry.user_no, entry.feature, entry.function_name, entry.provider, entry.model, entry.status, entry.job_id, entry.session_id,
  coalesce(entry.tags ->> $4, ''),
  entry.request_count, entry.error_count, entry.cached_count, entry.unpriced_count,
  entry.partial_count, entry.input_tokens, entry.output_tokens, entry.cache_read_tokens,
  entry.cache_write_tokens, entry.output_reasoning_tokens, (entry.latency_us IS NOT NULL)::int,
  entry.latency_us, (entry.first_token_us IS NOT NULL)::int, entry.first_token_us, entry.cost
FROM unnest($11::integer[], $12::timestamptz[], $13::timestamptz[]) AS slice (bucket, from_time, to_time)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
  SELECT * FROM usage_entry_detail AS entry
  WHERE entry.tenant_id = $1 AND entry.event_time >= slice.from_time AND entry.event_time < slice.to_time
    AND ($14::integer[] IS NULL OR entry.user_no = ANY ($14))
    AND ($15::text[] IS NULL OR entry.feature = ANY ($15))
    AND ($17::text[] IS NULL OR entry.provider = ANY ($17))
    AND ($18::text[] IS NULL OR entry.model = ANY ($18))
    AND ($16::text[] IS NULL OR entry.function_name = ANY ($16))
    AND ($19::text[] IS NULL OR entry.status = ANY ($19))
    AND ($25::boolean IS NULL OR (entry.status <> 'success') = $25)
    AND ($20::text[] IS NULL OR entry.job_id = ANY ($20))
    AND ($21::text[] IS NULL OR entry.session_id = ANY ($21))
    AND ($22::jsonb IS NULL OR entry.tags @> $22)
    AND ($23::boolean IS NULL OR entry.cached_response = $23)
    AND ($24::boolean IS NULL OR $24 = (
      SELECT record.cost_total IS NULL FROM usage_record AS record
      WHERE (record.tenant_id, record.record_id) = (entry.tenant_id, entry.record_id)
    ))
  OFFSET 0
) AS entry

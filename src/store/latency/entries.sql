-- What is left of days, or everything: from the log.
SELECT entry.bucket, measured.measure, latency_bucket(measured.us), 1
FROM (
  SELECT slice.bucket, entry.latency_us, entry.first_token_us
  FROM unnest($11::integer[], $12::timestamptz[], $13::timestamptz[]) AS slice (bucket, from_time, to_time)
  CROSS JOIN LATERAL (
    -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
    SELECT * FROM usage_entry_detail AS entry
    WHERE NOT entry.is_revision AND entry.tenant_id = $1 AND entry.event_time >= slice.from_time AND entry.event_time < slice.to_time
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
) AS entry
CROSS JOIN LATERAL (
  VALUES ('latency', entry.latency_us), ('first_token', entry.first_token_us)
) AS measured (measure, us)
WHERE measured.us IS NOT NULL

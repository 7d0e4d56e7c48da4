-- Whole days of everything.
SELECT slice.bucket, daily.measure, daily.bucket, daily.request_count
FROM unnest($5::integer[], $6::date[], $7::date[]) AS slice (bucket, from_day, to_day)
CROSS JOIN LATERAL (
  -- OFFSET 0 keeps the slice's bounds inside, as conditions of the index.
  SELECT * FROM usage_latency_total AS daily
  WHERE daily.tenant_id = $1 AND daily.day >= slice.from_day AND daily.day < slice.to_day
  OFFSET 0
) AS daily

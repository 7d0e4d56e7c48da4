)
SELECT slice, measure, bucket, sum(request_count)::bigint AS request_count
FROM part AS entry (slice, measure, bucket, request_count)
GROUP BY 1, 2, 3

-- repricing.next_unpriced: the records after the cursor that have no cost under one name.
--
-- $1 tenant, $2 end of the range, $3 and $4 the cursor, $5 provider, $6 model, $7 how many records to
-- look at. Rows as in repricing.next. Found are records that were stored without a cost, and those
-- that lost it; those that have one by now are left out.
WITH looked_at AS (
  (
    SELECT event_time, record_id FROM usage_log
    WHERE tenant_id = $1 AND provider = $5 AND model = $6 AND cost_total IS NULL
      AND event_time >= $3 AND (event_time, record_id) > ($3, $4) AND event_time < $2
    ORDER BY event_time, record_id
    LIMIT $7
  )
  UNION
  (
    SELECT event_time, record_id FROM cost_revision
    WHERE tenant_id = $1 AND provider = $5 AND model = $6 AND cost_total IS NULL
      AND event_time >= $3 AND (event_time, record_id) > ($3, $4) AND event_time < $2
    ORDER BY event_time, record_id
    LIMIT $7
  )
  ORDER BY event_time, record_id
  LIMIT $7
), place AS (
  SELECT event_time AS cursor_time, record_id AS cursor_id, (SELECT count(*) FROM looked_at) AS examined_count
  FROM looked_at ORDER BY event_time DESC, record_id DESC LIMIT 1
), unpriced AS (
  SELECT
    log.record_id, log.event_time, log.day, log.user_no, log.feature, log.provider, log.model,
    log.response_model, log.api_url, log.input_tokens, log.output_tokens, log.cache_read_tokens,
    log.cache_write_tokens, log.output_reasoning_tokens, log.other_meters, log.cached_response, log.status,
    log.price_context, log.reported_cost, log.job_id, log.tags, coalesce(now.revision, 0) AS revision,
    coalesce(now.cost_status, log.cost_status) AS cost_status
  FROM looked_at
  JOIN usage_log AS log ON log.tenant_id = $1 AND log.record_id = looked_at.record_id
  LEFT JOIN LATERAL (
    SELECT revision, cost_status, cost_total FROM cost_revision AS r
    WHERE r.tenant_id = $1 AND r.record_id = log.record_id
    ORDER BY revision DESC LIMIT 1
  ) AS now ON true
  WHERE CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END IS NULL
)
SELECT place.*, unpriced.*, NULL::text AS cost_total
FROM place
LEFT JOIN unpriced ON true
ORDER BY unpriced.event_time, unpriced.record_id

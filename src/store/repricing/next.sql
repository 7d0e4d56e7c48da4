-- repricing.next: the records after the cursor that a repricing is about, as they are now.
--
-- $1 tenant, $2 end of the range, $3 and $4 the cursor, $5 provider and $6 model or empty for any,
-- $7 how many records of the log to look at. Each row says which record was the last one looked at,
-- and how many were; where none is wanted there is one row without a record.
WITH looked_at AS (
  SELECT * FROM usage_log
  WHERE tenant_id = $1 AND event_time >= $3 AND (event_time, record_id) > ($3, $4) AND event_time < $2
  ORDER BY event_time, record_id
  LIMIT $7
), place AS (
  SELECT event_time AS cursor_time, record_id AS cursor_id, (SELECT count(*) FROM looked_at) AS examined_count
  FROM looked_at ORDER BY event_time DESC, record_id DESC LIMIT 1
)
SELECT
  place.cursor_time, place.cursor_id, place.examined_count,
  log.record_id, log.event_time, log.day, log.user_no, log.feature, log.provider, log.model,
  log.response_model, log.api_url, log.input_tokens, log.output_tokens, log.cache_read_tokens,
  log.cache_write_tokens, log.output_reasoning_tokens, log.other_meters, log.cached_response, log.status,
  log.price_context, log.reported_cost, log.job_id, log.tags, coalesce(now.revision, 0) AS revision,
  coalesce(now.cost_status, log.cost_status) AS cost_status,
  (CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END)::text AS cost_total
FROM place
LEFT JOIN looked_at AS log
  ON ($5 = '' OR log.provider = $5) AND ($6 = '' OR log.model = $6)
LEFT JOIN LATERAL (
  SELECT revision, cost_status, cost_total FROM cost_revision AS r
  WHERE r.tenant_id = $1 AND r.record_id = log.record_id
  ORDER BY revision DESC LIMIT 1
) AS now ON true
ORDER BY log.event_time, log.record_id

-- past_calls.next: the records before the cursor that a question is about, newest first, each with
-- its cost as it is known now.
--
-- $1 tenant, $2 start of the range, $3 and $4 the cursor, $5 how many; then the conditions, of which
-- an empty list and NULL are none: $6 users, $7 features, $8 functions, $9 providers, $10 models,
-- $11 statuses, $12 jobs, $13 sessions, $14 labels, $15 whether cached, $16 whether without a cost,
-- $17 whether failed.
SELECT
  log.record_id, log.event_time, log.provider, log.model, log.response_model, log.api_url,
  log.input_tokens, log.output_tokens, log.cache_read_tokens, log.cache_write_tokens,
  log.output_reasoning_tokens, log.other_meters, log.cached_response, log.price_context, log.status,
  log.status <> 'success' AS has_failed, log.job_id <> '' AS is_of_job,
  coalesce(now.cost_status, log.cost_status) AS cost_status,
  (CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END)::text AS cost_total
FROM usage_log AS log
LEFT JOIN LATERAL (
  SELECT revision, cost_status, cost_total FROM cost_revision AS r
  WHERE r.tenant_id = $1 AND r.record_id = log.record_id
  ORDER BY revision DESC LIMIT 1
) AS now ON true
WHERE log.tenant_id = $1 AND log.event_time >= $2 AND log.event_time <= $3
  AND (log.event_time, log.record_id) < ($3, $4)
  AND (cardinality($6::text[]) = 0 OR log.user_no IN (
    SELECT user_no FROM tenant_user WHERE tenant_id = $1 AND user_id = ANY ($6)
  ))
  AND (cardinality($7::text[]) = 0 OR log.feature = ANY ($7))
  AND (cardinality($8::text[]) = 0 OR log.function_name = ANY ($8))
  AND (cardinality($9::text[]) = 0 OR log.provider = ANY ($9))
  AND (cardinality($10::text[]) = 0 OR log.model = ANY ($10))
  AND (cardinality($11::text[]) = 0 OR log.status = ANY ($11))
  AND (cardinality($12::text[]) = 0 OR log.job_id = ANY ($12))
  AND (cardinality($13::text[]) = 0 OR log.session_id = ANY ($13))
  AND ($14::jsonb IS NULL OR log.tags @> $14)
  AND ($15::boolean IS NULL OR log.cached_response = $15)
  AND ($16::boolean IS NULL OR $16 = (
    CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END IS NULL
  ))
  AND ($17::boolean IS NULL OR $17 = (log.status <> 'success'))
ORDER BY log.event_time DESC, log.record_id DESC
LIMIT $5

-- The records of `page`, with their costs of now.
SELECT
  page.is_wanted, page.position, record_id, log.event_time, user_id, feature, function_name, session_id,
  job_id, provider, model, response_model, input_tokens, output_tokens, cache_read_tokens,
  cache_write_tokens, output_reasoning_tokens, latency_us, first_token_us, status, error_message,
  cached_response, tags,
  CASE WHEN now.revision IS NULL THEN log.cost_status ELSE now.cost_status END AS cost_status,
  (CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END)::text AS cost_total
FROM page
JOIN usage_log AS log USING (record_id)
JOIN tenant_user USING (tenant_id, user_no)
LEFT JOIN LATERAL (
  SELECT revision, cost_status, cost_total FROM cost_revision AS r
  WHERE r.tenant_id = $1 AND r.record_id = page.record_id
  ORDER BY revision DESC LIMIT 1
) AS now ON true
WHERE tenant_id = $1
ORDER BY page.position

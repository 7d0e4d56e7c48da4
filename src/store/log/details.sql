-- log.details: what is stored of a record beside what its entry and its price need. $1 tenant, $2 its id.
SELECT
  trace_id, span_id, response_id, operation, reservation_id, request_metadata::text AS request_metadata,
  response_metadata::text AS response_metadata, raw_usage::text AS raw_usage
FROM usage_log
WHERE tenant_id = $1 AND record_id = $2

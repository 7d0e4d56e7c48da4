-- usage.find_stored: the receipts of records that are in the log, and in which fields each differs
-- from what was sent now. What was blanked with a user who was erased is compared with nothing: a
-- retry of such a record is the same record.
WITH input AS (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::date[], $5::integer[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::bigint[],
    $21::bigint[], $22::bigint[], $23::text[], $24::bigint[], $25::bigint[], $26::text[],
    $27::text[], $28::boolean[], $29::text[], $30::text[], $31::text[], $32::text[],
    $33::numeric[], $34::text[], $35::text[], $36::uuid[]
  ) WITH ORDINALITY AS input (
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters, latency_us, first_token_us, status, error_message, cached_response,
    price_context, tags, request_metadata, response_metadata, reported_cost,
    token_convention, raw_usage, reservation_id, ordinality
  )
)
SELECT
  input.ordinality AS position, stored.record_time, trim_scale(stored.cost_total)::text AS cost_total, stored.cost_status,
  stored.price_set_id, differing.fields AS differing_fields
FROM input
JOIN usage_log AS stored
  ON stored.tenant_id = input.tenant_id AND stored.record_id = input.record_id
LEFT JOIN erased_user AS erased ON erased.tenant_id = stored.tenant_id AND erased.user_no = stored.user_no
CROSS JOIN LATERAL (SELECT erased.user_no IS NULL) AS blanking (is_whole)
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(field) FILTER (WHERE differs), '{}') AS fields FROM (VALUES
    ('event_time', stored.event_time IS DISTINCT FROM input.event_time),
    ('user_id', is_whole AND stored.user_no IS DISTINCT FROM input.user_no),
    ('feature', stored.feature IS DISTINCT FROM input.feature),
    ('function_name', stored.function_name IS DISTINCT FROM input.function_name),
    ('session_id', is_whole AND stored.session_id IS DISTINCT FROM input.session_id),
    ('job_id', stored.job_id IS DISTINCT FROM input.job_id),
    ('trace_id', is_whole AND stored.trace_id IS DISTINCT FROM input.trace_id),
    ('span_id', is_whole AND stored.span_id IS DISTINCT FROM input.span_id),
    ('provider', stored.provider IS DISTINCT FROM input.provider),
    ('model', stored.model IS DISTINCT FROM input.model),
    ('response_model', stored.response_model IS DISTINCT FROM input.response_model),
    ('response_id', is_whole AND stored.response_id IS DISTINCT FROM input.response_id),
    ('operation', stored.operation IS DISTINCT FROM input.operation),
    ('api_url', stored.api_url IS DISTINCT FROM input.api_url),
    ('usage.input_tokens', stored.input_tokens IS DISTINCT FROM input.input_tokens),
    ('usage.output_tokens', stored.output_tokens IS DISTINCT FROM input.output_tokens),
    ('usage.cache_read_tokens', stored.cache_read_tokens IS DISTINCT FROM input.cache_read_tokens),
    ('usage.cache_write_tokens', stored.cache_write_tokens IS DISTINCT FROM input.cache_write_tokens),
    ('usage.output_reasoning_tokens', stored.output_reasoning_tokens IS DISTINCT FROM input.output_reasoning_tokens),
    ('usage.other_meters', stored.other_meters IS DISTINCT FROM input.other_meters::jsonb),
    ('latency', stored.latency_us IS DISTINCT FROM input.latency_us),
    ('time_to_first_token', stored.first_token_us IS DISTINCT FROM input.first_token_us),
    ('status', stored.status IS DISTINCT FROM input.status),
    ('error_message', is_whole AND stored.error_message IS DISTINCT FROM input.error_message),
    ('cached_response', stored.cached_response IS DISTINCT FROM input.cached_response),
    ('price_context', stored.price_context IS DISTINCT FROM input.price_context::jsonb),
    ('tags', is_whole AND stored.tags IS DISTINCT FROM input.tags::jsonb),
    ('request_metadata', is_whole AND stored.request_metadata IS DISTINCT FROM input.request_metadata::jsonb),
    ('response_metadata', is_whole AND stored.response_metadata IS DISTINCT FROM input.response_metadata::jsonb),
    ('reported_cost', stored.reported_cost IS DISTINCT FROM input.reported_cost),
    -- Of records from before it was kept, the convention is unknown; their counts are compared.
    ('usage.token_convention', stored.token_convention <> input.token_convention),
    ('usage.raw_usage', is_whole AND stored.raw_usage IS DISTINCT FROM input.raw_usage::jsonb),
    ('reservation_id', stored.reservation_id IS DISTINCT FROM input.reservation_id)
  ) AS compared (field, differs)
) AS differing

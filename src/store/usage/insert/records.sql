-- usage.insert: stores records and moves every summary and budget counter of them, in one statement.
--
-- It is made of three files: the records, where there are any the budgets and reservations, and the
-- summaries. Parts that have nothing to do cost a statement of few records a third of its time.
--
-- Only rows that were not there before are counted, and either all of this happens or nothing.
-- Keys are upserted in sorted order, so that two statements never wait for each other in a circle.
WITH input AS (
  SELECT * FROM unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::date[], $5::integer[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
    $15::text[], $16::text[], $17::text[], $18::bigint[], $19::bigint[], $20::bigint[],
    $21::bigint[], $22::bigint[], $23::text[], $24::bigint[], $25::bigint[], $26::text[],
    $27::text[], $28::boolean[], $29::text[], $30::text[], $31::text[], $32::text[],
    $33::numeric[], $34::text[], $35::text[], $36::uuid[], $37::text[], $38::numeric[], $39::numeric[],
    $40::numeric[], $41::numeric[], $42::bigint[], $43::bigint[], $44::text[]
  ) AS input (
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters, latency_us, first_token_us, status, error_message, cached_response,
    price_context, tags, request_metadata, response_metadata, reported_cost, token_convention,
    raw_usage, reservation_id, cost_status, cost_input, cost_output, cost_other, cost_total,
    price_set_id, model_id, resolved_by
  ), hold_budgets($46::uuid[], $47::bigint[])
), inserted AS (
  INSERT INTO usage_log (
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters, latency_us, first_token_us, status, error_message, cached_response,
    price_context, tags, request_metadata, response_metadata, reported_cost, token_convention,
    raw_usage, reservation_id, cost_status, cost_input, cost_output, cost_other, cost_total,
    price_set_id, model_id, resolved_by, record_time
  )
  SELECT
    tenant_id, record_id, event_time, day, user_no, feature, function_name, session_id, job_id,
    trace_id, span_id, provider, model, response_model, response_id, operation, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
    other_meters::jsonb, latency_us, first_token_us, status, error_message, cached_response,
    price_context::jsonb, tags::jsonb, request_metadata::jsonb, response_metadata::jsonb,
    reported_cost, token_convention, raw_usage::jsonb, reservation_id, cost_status, cost_input,
    cost_output, cost_other, cost_total, price_set_id, model_id, resolved_by,
    $45::timestamptz
  FROM input
  ON CONFLICT DO NOTHING
  RETURNING
    tenant_id, record_id, event_time, day, user_no, feature, function_name, provider, model, response_model, api_url,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens, latency_us,
    first_token_us, status, cached_response, reservation_id, cost_status, cost_total

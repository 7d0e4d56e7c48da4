-- Questions about usage as a whole: a daily summary without users, and ways into the log.

-- By day, without users, but with what summaries by user leave out. It is small for any number of users:
-- a day has as many rows as there are combinations in use, some hundreds. So questions over months
-- read thousands of rows where the log has millions.
CREATE TABLE usage_daily_total (
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  feature text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  function_name text NOT NULL,
  status text NOT NULL,
  request_count bigint NOT NULL,
  error_count bigint NOT NULL,
  cached_count bigint NOT NULL,
  unpriced_count bigint NOT NULL,
  partial_count bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cache_read_tokens bigint NOT NULL,
  cache_write_tokens bigint NOT NULL,
  output_reasoning_tokens bigint NOT NULL,
  latency_count bigint NOT NULL,
  latency_sum_us numeric NOT NULL,
  first_token_count bigint NOT NULL,
  first_token_sum_us numeric NOT NULL,
  cost numeric NOT NULL CHECK (cost >= 0 AND cost < 'Infinity'),
  PRIMARY KEY (tenant_id, day, feature, provider, model, function_name, status)
) WITH (fillfactor = 50);

-- Entries with all that questions ask for. A revision has the names of its record, which the log
-- alone knows: where revisions are few, few records are looked up. Its own event_time leads the way.
CREATE VIEW usage_entry_detail AS
SELECT
  tenant_id, record_id, user_no, day, event_time, feature, function_name, provider, model, status, job_id,
  session_id, tags, cached_response, false AS is_revision,
  1 AS request_count, (status <> 'success')::int AS error_count, cached_response::int AS cached_count,
  (cost_total IS NULL)::int AS unpriced_count, (cost_status = 'partial')::int AS partial_count,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
  latency_us, first_token_us, cost_total AS cost
FROM usage_log
UNION ALL
SELECT
  r.tenant_id, r.record_id, r.user_no, r.day, r.event_time, r.feature, l.function_name, r.provider, r.model, l.status,
  l.job_id, l.session_id, l.tags, l.cached_response, true,
  0, 0, 0, r.unpriced_change, r.partial_change, NULL, NULL, NULL, NULL, NULL, NULL, NULL, r.cost_change
FROM cost_revision AS r
JOIN usage_log AS l USING (tenant_id, record_id);

INSERT INTO usage_daily_total
SELECT
  tenant_id, day, feature, provider, model, function_name, status,
  sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
  coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0),
  coalesce(sum(cache_write_tokens), 0), coalesce(sum(output_reasoning_tokens), 0),
  count(latency_us), coalesce(sum(latency_us), 0), count(first_token_us),
  coalesce(sum(first_token_us), 0), coalesce(sum(cost), 0)
FROM usage_entry_detail
GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- A record with its cost as it is known now.
CREATE VIEW usage_record AS
SELECT
  l.tenant_id, l.record_id, l.event_time, l.record_time, l.day, l.user_no, l.feature, l.function_name,
  l.session_id, l.job_id, l.provider, l.model, l.response_model, l.input_tokens, l.output_tokens,
  l.cache_read_tokens, l.cache_write_tokens, l.output_reasoning_tokens, l.latency_us,
  l.first_token_us, l.status, l.error_message, l.cached_response, l.tags,
  CASE WHEN r.revision IS NULL THEN l.cost_total ELSE r.cost_total END AS cost_total,
  CASE WHEN r.revision IS NULL THEN l.cost_status ELSE r.cost_status END AS cost_status
FROM usage_log AS l
LEFT JOIN LATERAL (
  SELECT revision, cost_total, cost_status
  FROM cost_revision AS r
  WHERE (r.tenant_id, r.record_id) = (l.tenant_id, l.record_id)
  ORDER BY revision DESC
  LIMIT 1
) AS r ON true;

-- Whole jobs and sessions. Most records of a chat have a session, those of background work a job.
CREATE INDEX usage_log_job ON usage_log (tenant_id, job_id, event_time) WHERE job_id <> '';
CREATE INDEX usage_log_session ON usage_log (tenant_id, session_id, event_time) WHERE session_id <> '';

-- Two more summaries without users: what a question about months asks most often is read from hundreds of
-- rows, where usage_daily_total and usage_latency have tens of thousands.

-- By day, feature, provider and model: usage_daily_total without functions and statuses.
CREATE TABLE usage_daily_model (
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  feature text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
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
  PRIMARY KEY (tenant_id, day, feature, provider, model)
) WITH (fillfactor = 50);

INSERT INTO usage_daily_model
SELECT
  tenant_id, day, feature, provider, model,
  sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
  sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens),
  sum(output_reasoning_tokens), sum(latency_count), sum(latency_sum_us), sum(first_token_count),
  sum(first_token_sum_us), sum(cost)
FROM usage_daily_total
GROUP BY 1, 2, 3, 4, 5;

-- The histograms of everything: usage_latency without names.
CREATE TABLE usage_latency_total (
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  measure text NOT NULL CHECK (measure IN ('latency', 'first_token')),
  bucket smallint NOT NULL,
  request_count bigint NOT NULL,
  PRIMARY KEY (tenant_id, day, measure, bucket)
) WITH (fillfactor = 50);

INSERT INTO usage_latency_total
SELECT tenant_id, day, measure, bucket, sum(request_count)
FROM usage_latency
GROUP BY 1, 2, 3, 4;

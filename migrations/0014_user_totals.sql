-- By day and user, without features and models: who costs most is read from a row for each user and day,
-- where usage_daily has one for each feature and model too. The day comes before the user, as such
-- questions are about everybody in a time.
CREATE TABLE usage_daily_user (
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  user_no integer NOT NULL,
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
  PRIMARY KEY (tenant_id, day, user_no)
) WITH (fillfactor = 50);

INSERT INTO usage_daily_user
SELECT
  tenant_id, day, user_no,
  sum(request_count), sum(error_count), sum(cached_count), sum(unpriced_count), sum(partial_count),
  sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens),
  sum(output_reasoning_tokens), sum(latency_count), sum(latency_sum_us), sum(first_token_count),
  sum(first_token_sum_us), sum(cost)
FROM usage_daily
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3;

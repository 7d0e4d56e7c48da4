-- The ledger: tenants and their keys, the log of AI calls, and the summaries of the log.
--
-- tenant_id leads every key, so that a distributed Postgres can place rows by it.

CREATE TABLE tenant (
  tenant_id uuid PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 128),
  -- IANA name. A record's day is its day in this zone.
  time_zone text NOT NULL DEFAULT 'UTC',
  create_time timestamptz NOT NULL DEFAULT now()
);

-- A key is shown once; its secret is kept as a hash. The secret has 256 random bits, so a plain
-- hash is as good as a slow one, and checking it costs an attacker's victim nothing.
CREATE TABLE api_key (
  key_id text PRIMARY KEY CHECK (length(key_id) = 12),
  tenant_id uuid NOT NULL REFERENCES tenant,
  secret_sha256 bytea NOT NULL CHECK (length(secret_sha256) = 32),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
  create_time timestamptz NOT NULL DEFAULT now(),
  expire_time timestamptz CHECK (isfinite(expire_time)),
  revoke_time timestamptz
);

-- The only place where a user's own id stands: everything else has the number. Numbers are dense
-- within a tenant, which keeps the bitmaps of active_users small.
CREATE TABLE tenant_user (
  tenant_id uuid NOT NULL REFERENCES tenant,
  user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 256),
  user_no integer NOT NULL CHECK (user_no >= 0),
  PRIMARY KEY (tenant_id, user_id),
  UNIQUE (tenant_id, user_no)
);

-- Gives numbers to users who have none. The tenant's row is locked first, and each statement of a
-- function sees what was committed before it, so two servers never give one number twice.
CREATE FUNCTION number_users(tenants uuid[], ids text[])
RETURNS TABLE (tenant_id uuid, user_id text, user_no integer) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM tenant WHERE tenant_id = ANY (tenants) ORDER BY tenant_id FOR UPDATE;
  INSERT INTO tenant_user (tenant_id, user_id, user_no)
  SELECT
    asked.tenant_id, asked.user_id,
    coalesce(taken.last_no, -1) + row_number() OVER (PARTITION BY asked.tenant_id)
  FROM unnest(tenants, ids) AS asked (tenant_id, user_id)
  CROSS JOIN LATERAL (
    SELECT max(user_no) AS last_no FROM tenant_user AS t WHERE t.tenant_id = asked.tenant_id
  ) AS taken
  WHERE NOT EXISTS (
    SELECT FROM tenant_user AS known
    WHERE (known.tenant_id, known.user_id) = (asked.tenant_id, asked.user_id)
  );
  RETURN QUERY
  SELECT known.tenant_id, known.user_id, known.user_no
  FROM unnest(tenants, ids) AS asked (tenant_id, user_id)
  JOIN tenant_user AS known USING (tenant_id, user_id);
END $$;

-- One row for each AI call, written once and never changed.
--
-- Partitioned by record_id, which is a UUIDv7 and so carries the time it was made at. The primary
-- key therefore needs no further column: a retry meets its first try for ever, even if it claims
-- another event_time. New rows still go to the newest partition and the right end of its indexes.
CREATE TABLE usage_log (
  tenant_id uuid NOT NULL,
  record_id uuid NOT NULL,
  event_time timestamptz NOT NULL CHECK (isfinite(event_time)),
  record_time timestamptz NOT NULL CHECK (isfinite(record_time)),
  -- The tenant's local day of event_time: the fold over the log needs no time zone rules.
  day date NOT NULL,
  user_no integer NOT NULL,
  feature text NOT NULL,
  function_name text NOT NULL,
  session_id text NOT NULL,
  job_id text NOT NULL,
  trace_id text NOT NULL,
  span_id text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  response_model text NOT NULL,
  response_id text NOT NULL,
  operation text NOT NULL,
  api_url text NOT NULL,
  input_tokens bigint CHECK (input_tokens >= 0),
  output_tokens bigint CHECK (output_tokens >= 0),
  cache_read_tokens bigint CHECK (cache_read_tokens >= 0),
  cache_write_tokens bigint CHECK (cache_write_tokens >= 0),
  output_reasoning_tokens bigint CHECK (output_reasoning_tokens >= 0),
  -- Every other meter by its key, quantities as text.
  other_meters jsonb,
  latency_us bigint CHECK (latency_us >= 0),
  first_token_us bigint CHECK (first_token_us >= 0),
  status text NOT NULL,
  error_message text NOT NULL,
  cached_response boolean NOT NULL,
  price_context jsonb,
  tags jsonb,
  request_metadata jsonb,
  response_metadata jsonb,
  reported_cost numeric(29, 18) CHECK (reported_cost >= 0 AND reported_cost <> 'NaN'),
  cost_status text NOT NULL CHECK (cost_status IN
    ('priced', 'free', 'partial', 'unknown_model', 'unknown_provider', 'no_price')),
  cost_input numeric(29, 18) CHECK (cost_input >= 0 AND cost_input <> 'NaN'),
  cost_output numeric(29, 18) CHECK (cost_output >= 0 AND cost_output <> 'NaN'),
  cost_other numeric(29, 18) CHECK (cost_other >= 0 AND cost_other <> 'NaN'),
  cost_total numeric(29, 18) CHECK (cost_total >= 0 AND cost_total <> 'NaN'),
  -- price_set and model of the price list; no foreign key, since neither is ever deleted and the
  -- check would lock a hot row for each record.
  price_set_id bigint,
  model_id bigint,
  resolved_by text,
  PRIMARY KEY (tenant_id, record_id),
  CONSTRAINT cost_parts CHECK (cost_total = cost_input + cost_output + cost_other),
  CONSTRAINT cost_or_reason CHECK
    ((cost_total IS NULL) = (cost_status IN ('unknown_model', 'unknown_provider', 'no_price')))
) PARTITION BY RANGE (record_id);

-- Ragged edges of a question about everybody, and the log page.
CREATE INDEX usage_log_time ON usage_log (tenant_id, event_time);
-- Ragged edges of a question about one user.
CREATE INDEX usage_log_user_time ON usage_log (tenant_id, user_no, event_time);

-- A wall that holds for every role: what is in the log stays as it is.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER usage_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON usage_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Sums of the log by tenant-local day and user. The user comes before the day: one user's month is
-- one range of the key. fillfactor leaves room to update rows in place, without index work.
CREATE TABLE usage_daily (
  tenant_id uuid NOT NULL,
  user_no integer NOT NULL,
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
  PRIMARY KEY (tenant_id, user_no, day, feature, provider, model)
) WITH (fillfactor = 70);

-- The same sums by UTC hour, without the user: few rows for questions about everybody.
CREATE TABLE usage_hourly (
  tenant_id uuid NOT NULL,
  hour timestamptz NOT NULL,
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
  PRIMARY KEY (tenant_id, hour, feature, provider, model)
) WITH (fillfactor = 50);

-- The same sums by UTC hour alone: what everybody spent in ten years is 88,000 rows.
CREATE TABLE usage_hourly_total (
  tenant_id uuid NOT NULL,
  hour timestamptz NOT NULL,
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
  PRIMARY KEY (tenant_id, hour)
) WITH (fillfactor = 50);

-- Histograms of latency by tenant-local day. Buckets add up over any set of rows; each is a quarter
-- of a doubling wide, so a percentile read from them is at most 9.1 % off.
CREATE FUNCTION latency_bucket(us bigint) RETURNS smallint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN width_bucket(us, ARRAY[
    1000, 1189, 1414, 1682, 2000, 2378, 2828, 3364, 4000, 4757, 5657, 6727, 8000, 9514, 11314,
    13454, 16000, 19027, 22627, 26909, 32000, 38055, 45255, 53817, 64000, 76109, 90510, 107635,
    128000, 152219, 181019, 215269, 256000, 304437, 362039, 430539, 512000, 608874, 724077,
    861078, 1024000, 1217748, 1448155, 1722156, 2048000, 2435496, 2896309, 3444312, 4096000,
    4870992, 5792619, 6888623, 8192000, 9741985, 11585238, 13777247, 16384000, 19483969,
    23170475, 27554494, 32768000, 38967939, 46340950, 55108987, 65536000, 77935877, 92681900,
    110217975, 131072000, 155871755, 185363800, 220435950, 262144000, 311743510, 370727600,
    440871900, 524288000, 623487020, 741455200, 881743800, 1048576000, 1246974040, 1482910400,
    1763487599, 2097152000, 2493948080, 2965820801, 3526975198, 4194304000, 4987896159,
    5931641602, 7053950396, 8388608000, 9975792319, 11863283203, 14107900792, 16777216000,
    19951584637, 23726566406, 28215801585, 33554432000, 39903169274, 47453132812, 56431603169,
    67108864000, 79806338549
  ]::bigint[])::smallint;

CREATE TABLE usage_latency (
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  feature text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  measure text NOT NULL CHECK (measure IN ('latency', 'first_token')),
  bucket smallint NOT NULL,
  request_count bigint NOT NULL,
  PRIMARY KEY (tenant_id, day, feature, provider, model, measure, bucket)
) WITH (fillfactor = 50);

-- Who was active on a tenant-local day: bit n of chunk c is user number 4096 * c + n. The union of
-- any number of days counts a million users exactly in milliseconds.
CREATE TABLE active_users (
  tenant_id uuid NOT NULL,
  day date NOT NULL,
  chunk integer NOT NULL,
  users bit(4096) NOT NULL,
  PRIMARY KEY (tenant_id, day, chunk)
) WITH (fillfactor = 50);
-- The bits are read whole and change often: neither compressed nor moved out of the row.
ALTER TABLE active_users ALTER COLUMN users SET STORAGE PLAIN;

-- Creates the partition that holds the ids made in a month of UTC, if it is missing. Attaching a
-- finished table does not block writers, as creating it in place would. Everything before 2020
-- shares one partition, so that an odd id cannot ask for thousands.
CREATE FUNCTION ensure_log_partition(instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month_start timestamptz := date_trunc('month', instant, 'UTC');
  month_end timestamptz := date_trunc('month', month_start + interval '32 days', 'UTC');
  earliest constant timestamptz := '2020-01-01T00:00:00Z';
  partition_name text := 'usage_log_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
  IF month_start < earliest THEN
    month_start := 'epoch';
    month_end := earliest;
    partition_name := 'usage_log_before_2020';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('usage_log partitions'));
  IF to_regclass(partition_name) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE usage_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
  EXECUTE format('ALTER TABLE usage_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    partition_name, uuid_at(month_start), uuid_at(month_end));
  -- A trigger of the parent does not see statements that name the partition.
  EXECUTE format('CREATE TRIGGER usage_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition_name);
END $$;

-- The smallest id made at an instant.
CREATE FUNCTION uuid_at(instant timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN (lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

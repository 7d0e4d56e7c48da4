-- Costs that change after they were recorded: by entries beside the log, never in it.
--
-- Counts of records without a cost begin here: servers of the version before must have stopped, since
-- what they store is not counted.

-- The cost may be the one that a record reports, if the tenant's policy says so. Partitions have
-- the rule as their own.
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN
    SELECT 'usage_log'::regclass
    UNION ALL SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'usage_log'::regclass
  LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS usage_log_cost_status_check', part);
  END LOOP;
END $$;
-- NOT VALID: what is stored follows the narrower rule, and a scan would lock the log for long.
ALTER TABLE usage_log ADD CONSTRAINT usage_log_cost_status_check CHECK (cost_status IN
  ('priced', 'free', 'partial', 'unknown_model', 'unknown_provider', 'no_price', 'reported')) NOT VALID;

-- A request to price records anew. It is worked off in batches, each of which moves the cursor, the
-- revisions and the summaries together; after a crash it goes on where it was.
CREATE TABLE repricing (
  tenant_id uuid NOT NULL REFERENCES tenant,
  repricing_id uuid NOT NULL,
  -- Which records: by time, half-open, and by the names that they report; empty: all.
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  -- Only those that have no cost yet.
  unpriced_only boolean NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1024),
  -- The API key that asked for it; empty: the service itself.
  created_by text NOT NULL,
  create_time timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'failed')),
  -- Why it cannot go on.
  error text NOT NULL DEFAULT '',
  -- The last change of prices when it was asked for: a server that does not have it yet waits.
  price_change bigint NOT NULL,
  -- The last record that was looked at, in order of time and id.
  cursor_time timestamptz NOT NULL,
  cursor_id uuid NOT NULL,
  examined_count bigint NOT NULL DEFAULT 0,
  revised_count bigint NOT NULL DEFAULT 0,
  cost_before numeric NOT NULL DEFAULT 0,
  cost_after numeric NOT NULL DEFAULT 0,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, repricing_id)
);
CREATE INDEX repricing_running ON repricing (update_time, repricing_id) WHERE state = 'running';
CREATE INDEX repricing_tenant ON repricing (tenant_id, create_time);

-- A later cost of a record. The one with the highest number is the record's cost as corrected; the
-- log has it as recorded. What sums need is repeated here, so that a revision is an entry like any
-- other: it adds its changes to them.
CREATE TABLE cost_revision (
  tenant_id uuid NOT NULL,
  record_id uuid NOT NULL,
  revision integer NOT NULL CHECK (revision >= 1),
  repricing_id uuid NOT NULL,
  record_time timestamptz NOT NULL,
  event_time timestamptz NOT NULL,
  day date NOT NULL,
  user_no integer NOT NULL,
  feature text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  response_model text NOT NULL,
  api_url text NOT NULL,
  old_cost_status text NOT NULL,
  old_cost_total numeric(29, 18),
  cost_status text NOT NULL,
  cost_input numeric(29, 18) CHECK (cost_input >= 0 AND cost_input <> 'NaN'),
  cost_output numeric(29, 18) CHECK (cost_output >= 0 AND cost_output <> 'NaN'),
  cost_other numeric(29, 18) CHECK (cost_other >= 0 AND cost_other <> 'NaN'),
  cost_total numeric(29, 18) CHECK (cost_total >= 0 AND cost_total <> 'NaN'),
  price_set_id bigint,
  model_id bigint,
  resolved_by text,
  cost_change numeric NOT NULL
    GENERATED ALWAYS AS (coalesce(cost_total, 0) - coalesce(old_cost_total, 0)) STORED,
  unpriced_change integer NOT NULL
    GENERATED ALWAYS AS ((cost_total IS NULL)::int - (old_cost_total IS NULL)::int) STORED,
  partial_change integer NOT NULL
    GENERATED ALWAYS AS ((cost_status = 'partial')::int - (old_cost_status = 'partial')::int) STORED,
  PRIMARY KEY (tenant_id, record_id, revision),
  FOREIGN KEY (tenant_id, repricing_id) REFERENCES repricing,
  CONSTRAINT cost_revision_parts CHECK (cost_total = cost_input + cost_output + cost_other)
);
-- Ragged edges of questions, as in the log.
CREATE INDEX cost_revision_time ON cost_revision (tenant_id, event_time);
CREATE INDEX cost_revision_repricing ON cost_revision (tenant_id, repricing_id);
CREATE INDEX cost_revision_user_time ON cost_revision (tenant_id, user_no, event_time);
-- Records that lost their price again.
CREATE INDEX cost_revision_unpriced ON cost_revision (tenant_id, provider, model, event_time, record_id)
  WHERE cost_total IS NULL;
CREATE TRIGGER cost_revision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cost_revision
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Records without a cost, by name: few rows as a rule, and the way to find them.
CREATE INDEX usage_log_unpriced ON usage_log (tenant_id, provider, model, event_time, record_id)
  WHERE cost_total IS NULL;

-- How many records have no cost now, by the names that they report and by why. The times are of all
-- that ever were without one under this name.
CREATE TABLE unpriced_usage (
  tenant_id uuid NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  response_model text NOT NULL,
  -- An address may name the provider where the record does not.
  api_url text NOT NULL,
  cost_status text NOT NULL,
  request_count bigint NOT NULL CHECK (request_count >= 0),
  first_event_time timestamptz NOT NULL,
  last_event_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, provider, model, response_model, api_url, cost_status)
) WITH (fillfactor = 50);
INSERT INTO unpriced_usage
SELECT tenant_id, provider, model, response_model, api_url, cost_status, count(*), min(event_time), max(event_time)
FROM usage_log WHERE cost_total IS NULL GROUP BY 1, 2, 3, 4, 5, 6;

-- What sums are made of: each record of the log as it was recorded, and each revision as what it
-- changes. A sum over all of them is as corrected; over the records alone, as recorded.
CREATE VIEW usage_entry AS
SELECT
  tenant_id, user_no, day, event_time, feature, provider, model, false AS is_revision,
  1 AS request_count, (status <> 'success')::int AS error_count, cached_response::int AS cached_count,
  (cost_total IS NULL)::int AS unpriced_count, (cost_status = 'partial')::int AS partial_count,
  input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, output_reasoning_tokens,
  latency_us, first_token_us, cost_total AS cost
FROM usage_log
UNION ALL
SELECT
  tenant_id, user_no, day, event_time, feature, provider, model, true,
  0, 0, 0, unpriced_change, partial_change, NULL, NULL, NULL, NULL, NULL, NULL, NULL, cost_change
FROM cost_revision;

-- The people behind user numbers: what a directory knows of them, keys that see one user's figures
-- alone, and how a person is removed while sums stay.

-- What the directory knows. Most users of the log have no row here.
CREATE TABLE user_profile (
  tenant_id uuid NOT NULL,
  user_no integer NOT NULL,
  display_name text NOT NULL CHECK (length(display_name) <= 256),
  email text NOT NULL CHECK (length(email) <= 320),
  plan text NOT NULL CHECK (length(plan) <= 64),
  -- In a calendar month; absent: unknown.
  monthly_revenue numeric(29, 18) CHECK (monthly_revenue >= 0 AND monthly_revenue <> 'NaN'),
  acquisition_cost numeric(29, 18) CHECK (acquisition_cost >= 0 AND acquisition_cost <> 'NaN'),
  signup_time timestamptz CHECK (isfinite(signup_time)),
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, user_no),
  FOREIGN KEY (tenant_id, user_no) REFERENCES tenant_user (tenant_id, user_no)
);

-- The one user whose figures a key sees; absent: all. The id and not the number: a key may be made
-- before its user's first record.
ALTER TABLE api_key ADD COLUMN user_id text CHECK (length(user_id) BETWEEN 1 AND 256);
CREATE INDEX api_key_of_tenant ON api_key (tenant_id, create_time, key_id);

-- Ends a key, unless it is the last one with which a tenant can be looked after. The tenant's row is
-- locked first, and each statement of a function sees what was committed before it, so two of the last
-- keys cannot end each other.
CREATE FUNCTION revoke_key(whose uuid, key text, at timestamptz, even_last boolean) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM tenant WHERE tenant_id = whose FOR UPDATE;
  IF NOT EXISTS (SELECT FROM api_key WHERE tenant_id = whose AND key_id = key) THEN
    RETURN 'unknown';
  END IF;
  IF NOT even_last AND NOT EXISTS (
    SELECT FROM api_key
    WHERE tenant_id = whose AND key_id <> key AND user_id IS NULL AND revoke_time IS NULL
      AND (expire_time IS NULL OR expire_time > at)
  ) AND EXISTS (
    SELECT FROM api_key
    WHERE tenant_id = whose AND key_id = key AND user_id IS NULL AND revoke_time IS NULL
  ) THEN
    RETURN 'last';
  END IF;
  UPDATE api_key SET revoke_time = at
  WHERE tenant_id = whose AND key_id = key AND revoke_time IS NULL;
  RETURN 'revoked';
END $$;

-- Erasing a person. The id and the profile go at once; what the user's records carry besides is
-- blanked in batches. Sums stay, under a number whose id leads to nobody.
--
-- Servers of the version before must have stopped: they would go on storing records under the number.
CREATE TABLE erased_user (
  tenant_id uuid NOT NULL,
  user_no integer NOT NULL,
  -- The epoch of the tenant's budgets from which on nothing is stored under the number: each statement
  -- that stores records names an epoch, and who knows it knows of the erasure.
  epoch bigint NOT NULL,
  erase_time timestamptz NOT NULL,
  -- blanking: records are left. settling: alerts that were being raised meanwhile may still tell the id.
  state text NOT NULL CHECK (state IN ('blanking', 'settling', 'done')),
  -- The last record that was blanked, in order of time and id.
  cursor_time timestamptz NOT NULL DEFAULT '-infinity',
  cursor_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  PRIMARY KEY (tenant_id, user_no),
  FOREIGN KEY (tenant_id, user_no) REFERENCES tenant_user (tenant_id, user_no)
);
CREATE INDEX erased_user_open ON erased_user (state, erase_time) WHERE state <> 'done';
CREATE INDEX erased_user_by_epoch ON erased_user (tenant_id, epoch);

-- The log lets one change through, whoever makes it: that a record of an erased user loses what could
-- name a person, and nothing else. Sums, prices and what budgets count by are out of its reach.
CREATE FUNCTION refuse_change_but_blanking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  blanked CONSTANT text[] := ARRAY[
    'session_id', 'trace_id', 'span_id', 'response_id', 'error_message', 'tags', 'request_metadata',
    'response_metadata', 'raw_usage'
  ];
BEGIN
  IF to_jsonb(NEW) - blanked = to_jsonb(OLD) - blanked
    AND NEW.session_id = '' AND NEW.trace_id = '' AND NEW.span_id = '' AND NEW.response_id = ''
    AND NEW.error_message = '' AND (NEW.tags IS NULL OR NEW.tags <@ OLD.tags)
    AND NEW.request_metadata IS NULL AND NEW.response_metadata IS NULL AND NEW.raw_usage IS NULL
    AND EXISTS (SELECT FROM erased_user WHERE tenant_id = OLD.tenant_id AND user_no = OLD.user_no)
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% of % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;

-- Partitions have the statement trigger as their own; the one for rows is cloned to them, those that
-- are attached later too.
DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN
    SELECT 'usage_log'::regclass
    UNION ALL SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'usage_log'::regclass
  LOOP
    EXECUTE format('DROP TRIGGER usage_log_append_only ON %s', part);
    EXECUTE format('CREATE TRIGGER usage_log_append_only BEFORE DELETE OR TRUNCATE ON %s
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
  END LOOP;
END $$;
CREATE TRIGGER usage_log_only_blanked BEFORE UPDATE ON usage_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change_but_blanking();

-- As in 0001, with the trigger as it is now.
CREATE OR REPLACE FUNCTION ensure_log_partition(instant timestamptz) RETURNS void LANGUAGE plpgsql AS $$
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
  EXECUTE format('CREATE TRIGGER usage_log_append_only BEFORE DELETE OR TRUNCATE ON %I
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', partition_name);
END $$;

-- Takes an id out of alerts. The words around it are ours, and quote it; an id that is quoted otherwise
-- than it is written takes the words along.
CREATE FUNCTION anonymize_alerts(whose uuid, no integer) RETURNS void LANGUAGE sql AS $$
  UPDATE alert SET
    message = CASE
      WHEN alert.user_id !~ '[^ -~]' AND strpos(alert.user_id, '"') = 0 AND strpos(alert.user_id, '\') = 0
      THEN replace(message, '"' || alert.user_id || '"', '"' || anonymous.user_id || '"')
      ELSE 'It told of a user who was erased since.'
    END,
    user_id = anonymous.user_id
  FROM tenant_user AS anonymous
  WHERE anonymous.tenant_id = whose AND anonymous.user_no = no
    AND alert.tenant_id = whose AND alert.user_id NOT IN ('', anonymous.user_id)
    AND (
      split_part(alert.subject, '/', 2) = no::text
      OR EXISTS (
        SELECT FROM budget
        WHERE budget.tenant_id = whose AND budget.budget_no = alert.budget_no AND budget.user_no = no
      )
    )
$$;

-- Takes a person's id away, all of it or nothing. Whoever stores records under the number holds the
-- tenant's budgets and has ended before; whoever comes later has to know the new epoch. Nothing comes
-- back when nobody has the id.
CREATE FUNCTION erase_user(whose uuid, id text, anonymous text, at timestamptz)
RETURNS TABLE (erased_no integer, record_count bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  no integer;
  next_epoch bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1650816116, budget_lock(whose));
  UPDATE tenant_user SET user_id = anonymous
  WHERE tenant_id = whose AND user_id = id AND NOT EXISTS (
    SELECT FROM erased_user AS e WHERE e.tenant_id = tenant_user.tenant_id AND e.user_no = tenant_user.user_no
  )
  RETURNING user_no INTO no;
  IF no IS NULL THEN
    RETURN;
  END IF;
  INSERT INTO budget_epoch AS e (tenant_id, epoch) VALUES (whose, 1)
  ON CONFLICT (tenant_id) DO UPDATE SET epoch = e.epoch + 1 RETURNING e.epoch INTO next_epoch;
  INSERT INTO erased_user (tenant_id, user_no, epoch, erase_time, state)
  VALUES (whose, no, next_epoch, at, 'blanking');
  DELETE FROM user_profile WHERE tenant_id = whose AND user_no = no;
  UPDATE budget SET user_id = anonymous, epoch = next_epoch, version = version + 1, update_time = at
  WHERE tenant_id = whose AND user_no = no;
  UPDATE budget_reservation SET
    user_id = anonymous,
    refusal = CASE
      WHEN refusal ->> 'user_id' IS NULL THEN refusal
      ELSE jsonb_set(refusal, '{user_id}', to_jsonb(anonymous))
    END
  WHERE tenant_id = whose AND user_no = no;
  -- Their keys would see whoever gets the id next.
  UPDATE api_key SET user_id = anonymous, name = 'erased', revoke_time = coalesce(revoke_time, at)
  WHERE tenant_id = whose AND user_id = id;
  PERFORM anonymize_alerts(whose, no);
  RETURN QUERY SELECT no, coalesce(sum(d.request_count), 0)::bigint
  FROM usage_daily AS d WHERE d.tenant_id = whose AND d.user_no = no;
END $$;

-- Blanks the next records of an erased user and says how many; fewer than asked for: there are no more,
-- or somebody else is at it. Labels that a budget counts by stay, so that its counter stays the fold of
-- the log; the budgets are held, so that none is made meanwhile.
CREATE FUNCTION blank_erased(whose uuid, no integer, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  place erased_user;
  counted jsonb;
  looked integer;
  last_time timestamptz;
  last_id uuid;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1650816116, budget_lock(whose));
  SELECT * INTO place FROM erased_user
  WHERE tenant_id = whose AND user_no = no AND state = 'blanking' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  counted := (
    SELECT coalesce(jsonb_agg(tags), '[]') FROM budget
    WHERE tenant_id = whose AND state <> 'deleted' AND tags <> '{}'
  );
  WITH next AS MATERIALIZED (
    SELECT tenant_id, record_id, event_time FROM usage_log
    WHERE tenant_id = whose AND user_no = no AND event_time >= place.cursor_time
      AND (event_time, record_id) > (place.cursor_time, place.cursor_id)
    ORDER BY event_time, record_id LIMIT most
  ), blanked AS (
    UPDATE usage_log AS l SET
      session_id = '', trace_id = '', span_id = '', response_id = '', error_message = '',
      tags = (
        SELECT jsonb_object_agg(tag.key, tag.value) FROM jsonb_each(l.tags) AS tag
        WHERE EXISTS (
          SELECT FROM jsonb_array_elements(counted) AS scope
          WHERE scope @> jsonb_build_object(tag.key, tag.value)
        )
      ),
      request_metadata = NULL, response_metadata = NULL, raw_usage = NULL
    FROM next
    WHERE l.tenant_id = next.tenant_id AND l.record_id = next.record_id
  )
  SELECT
    count(*), (array_agg(event_time ORDER BY event_time DESC, record_id DESC))[1],
    (array_agg(record_id ORDER BY event_time DESC, record_id DESC))[1]
  INTO looked, last_time, last_id FROM next;
  UPDATE erased_user SET
    state = CASE WHEN looked < most THEN 'settling' ELSE state END,
    cursor_time = coalesce(last_time, cursor_time),
    cursor_id = coalesce(last_id, cursor_id)
  WHERE tenant_id = whose AND user_no = no;
  RETURN looked;
END $$;

-- What a monthly revenue comes to from an instant to a place: so many microseconds into a month by its
-- number, of that length. Months are numbered as in the array of their starts. One fraction of whole
-- numbers, rounded once, half to even, to 18 decimals.
CREATE FUNCTION revenue_between(
  monthly numeric, months timestamptz[], from_time timestamptz, to_month bigint, to_us bigint, to_length bigint
) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  no integer := width_bucket(from_time, months);
  length numeric := extract(epoch FROM months[no + 1] - months[no]) * 1000000;
  past numeric := extract(epoch FROM from_time - months[no]) * 1000000;
  denominator numeric := length * to_length;
  numerator numeric := monthly * 1e18 * ((to_month - no) * denominator + to_us * length - past * to_length);
  whole numeric := div(numerator, denominator);
  rest numeric := 2 * (numerator - whole * denominator);
BEGIN
  IF rest > denominator OR (rest = denominator AND mod(whole, 2) = 1) THEN
    whole := whole + 1;
  END IF;
  RETURN whole * 1e-18;
END $$;

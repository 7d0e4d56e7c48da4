-- The log kept for a while: partitions that are old are dropped whole, and summaries stay.
--
-- Two steps, so that nobody waits for long. First a partition is frozen: it takes no record any more, and
-- none of its costs is corrected. What it has can then be summed up beside the calls, and the second
-- step takes it away together with all that was known of its records alone.

-- Ids that are refused for ever: what was stored under them is gone or goes, so nobody could tell whether
-- a record is a retry. Ranges and not a bound, since a month that never was in the log can still be filled.
CREATE TABLE log_frozen (
  partition_name text PRIMARY KEY,
  first_id uuid NOT NULL,
  end_id uuid NOT NULL,
  freeze_time timestamptz NOT NULL
);
CREATE TRIGGER log_frozen_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_frozen
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What was dropped, and when.
CREATE TABLE log_drop (
  partition_name text PRIMARY KEY REFERENCES log_frozen,
  record_count bigint NOT NULL,
  revision_count bigint NOT NULL,
  drop_time timestamptz NOT NULL
);
CREATE TRIGGER log_drop_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_drop
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- From when on a tenant's log has every record. Absent: nothing of it was dropped. Records of before
-- may be there, where their ids are younger.
CREATE TABLE log_retention (
  tenant_id uuid PRIMARY KEY REFERENCES tenant,
  log_start_time timestamptz NOT NULL,
  -- The first of the tenant's days of which nothing was dropped.
  first_whole_day date NOT NULL
);

-- The partitions of the log, oldest first: their names, and when the first id after them is made.
CREATE FUNCTION log_partitions() RETURNS TABLE (partition_name text, end_time timestamptz)
LANGUAGE sql STABLE AS $$
  SELECT
    relname::text,
    CASE relname
      WHEN 'usage_log_before_2020' THEN timestamptz '2020-01-01T00:00:00Z'
      ELSE (to_date(right(relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC'
    END
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
  WHERE inhparent = 'usage_log'::regclass
  ORDER BY 2
$$;

-- As in 0009, and it says whether there is such a partition: of one that was frozen, no.
DROP FUNCTION ensure_log_partition(timestamptz);
CREATE FUNCTION ensure_log_partition(instant timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  month_start timestamptz := date_trunc('month', instant, 'UTC');
  month_end timestamptz := date_trunc('month', month_start + interval '32 days', 'UTC');
  earliest constant timestamptz := '2020-01-01T00:00:00Z';
  name text := 'usage_log_' || to_char(month_start AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
  IF month_start < earliest THEN
    month_start := 'epoch';
    month_end := earliest;
    name := 'usage_log_before_2020';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('usage_log partitions'));
  IF EXISTS (SELECT FROM log_frozen WHERE partition_name = name) THEN
    RETURN false;
  END IF;
  IF to_regclass(name) IS NOT NULL THEN
    RETURN true;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE usage_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
  EXECUTE format('ALTER TABLE usage_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    name, uuid_at(month_start), uuid_at(month_end));
  -- A trigger of the parent does not see statements that name the partition.
  EXECUTE format('CREATE TRIGGER usage_log_append_only BEFORE DELETE OR TRUNCATE ON %I
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
  RETURN true;
END $$;

-- What a server meets that does not know yet that a partition is frozen.
CREATE FUNCTION refuse_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the log of this id is frozen' USING ERRCODE = 'RT001';
END $$;

-- Nothing of a frozen record is corrected: its revisions go with it.
CREATE FUNCTION refuse_revision_of_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM revision JOIN log_frozen ON record_id >= first_id AND record_id < end_id
  ) THEN
    RAISE EXCEPTION 'the log of this record is frozen' USING ERRCODE = 'RT001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER cost_revision_not_frozen AFTER INSERT ON cost_revision
  REFERENCING NEW TABLE AS revision FOR EACH STATEMENT EXECUTE FUNCTION refuse_revision_of_frozen();

-- Revisions stay as they are, for every role; only those of frozen records can go.
CREATE FUNCTION refuse_delete_but_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM log_frozen WHERE OLD.record_id >= first_id AND OLD.record_id < end_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% of % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER cost_revision_append_only ON cost_revision;
CREATE TRIGGER cost_revision_append_only BEFORE UPDATE OR TRUNCATE ON cost_revision
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cost_revision_kept BEFORE DELETE ON cost_revision
  FOR EACH ROW EXECUTE FUNCTION refuse_delete_but_frozen();

-- Freezes the oldest partition of which every id and every call is older than `before`, and gives the
-- name of one that waits to be dropped, if there is one. Only writers to that partition, and corrections
-- of costs, wait for it, and not for long: who cannot have the locks in time comes again later.
CREATE FUNCTION freeze_log(before timestamptz, at timestamptz) RETURNS text
LANGUAGE plpgsql SET lock_timeout = '1s' AS $$
DECLARE
  part record;
  is_young boolean;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('usage_log retention')) THEN
    RETURN NULL;
  END IF;
  FOR part IN SELECT * FROM log_partitions() WHERE end_time <= before LOOP
    IF EXISTS (SELECT FROM log_frozen WHERE partition_name = part.partition_name) THEN
      RETURN part.partition_name;
    END IF;
    -- Ids are older than their calls where somebody stored an id for later.
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE event_time >= $1)', part.partition_name)
    INTO is_young USING before;
    IF is_young THEN
      CONTINUE;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('usage_log partitions'));
    LOCK TABLE cost_revision IN SHARE ROW EXCLUSIVE MODE;
    EXECUTE format('CREATE TRIGGER usage_log_frozen BEFORE INSERT ON %I
      FOR EACH ROW EXECUTE FUNCTION refuse_record()', part.partition_name);
    INSERT INTO log_frozen (partition_name, first_id, end_id, freeze_time)
    VALUES (
      part.partition_name,
      CASE part.partition_name
        WHEN 'usage_log_before_2020' THEN uuid_at('epoch')
        ELSE uuid_at(((part.end_time AT TIME ZONE 'UTC') - interval '1 month') AT TIME ZONE 'UTC')
      END,
      uuid_at(part.end_time), at
    );
    RETURN part.partition_name;
  END LOOP;
  RETURN NULL;
END $$;

-- Drops a frozen partition, with everything that is known of its records alone, and says how many they
-- were; nothing where somebody else is at it. All of it happens or nothing.
--
-- To take it out of the log, everybody must leave the log for a moment. Whoever comes meanwhile waits behind
-- us, so we wait for a moment only, again and again.
CREATE FUNCTION drop_frozen(name text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SET lock_timeout = '50ms' AS $$
DECLARE
  frozen log_frozen;
  records bigint;
  revisions bigint;
  is_out boolean := false;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('usage_log retention')) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO STRICT frozen FROM log_frozen WHERE partition_name = name;
  EXECUTE format('INSERT INTO log_retention AS kept (tenant_id, log_start_time, first_whole_day)
    SELECT tenant_id, max(event_time) + interval ''1 microsecond'', max(day) + 1
    FROM %I GROUP BY tenant_id ORDER BY tenant_id
    ON CONFLICT (tenant_id) DO UPDATE SET
      log_start_time = greatest(kept.log_start_time, excluded.log_start_time),
      first_whole_day = greatest(kept.first_whole_day, excluded.first_whole_day)', name);
  -- Records without a cost that are dropped never get one.
  EXECUTE format('CREATE TEMPORARY TABLE dropped_unpriced ON COMMIT DROP AS
    SELECT log.tenant_id, provider, model, response_model, api_url,
      coalesce(now.cost_status, log.cost_status) AS cost_status, count(*) AS request_count
    FROM %I AS log
    LEFT JOIN LATERAL (
      SELECT revision, cost_status, cost_total FROM cost_revision AS r
      WHERE r.tenant_id = log.tenant_id AND r.record_id = log.record_id
      ORDER BY revision DESC LIMIT 1
    ) AS now ON true
    WHERE CASE WHEN now.revision IS NULL THEN log.cost_total ELSE now.cost_total END IS NULL
    GROUP BY 1, 2, 3, 4, 5, 6', name);
  EXECUTE format('SELECT count(*) FROM %I', name) INTO records;
  DELETE FROM cost_revision WHERE record_id >= frozen.first_id AND record_id < frozen.end_id;
  GET DIAGNOSTICS revisions = ROW_COUNT;
  FOR attempt IN 1..200 LOOP
    BEGIN
      EXECUTE format('ALTER TABLE usage_log DETACH PARTITION %I', name);
      is_out := true;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.2);
    END;
  END LOOP;
  IF NOT is_out THEN
    RAISE EXCEPTION 'the log is read all the time' USING ERRCODE = 'lock_not_available';
  END IF;
  PERFORM FROM unpriced_usage AS kept
  JOIN dropped_unpriced USING (tenant_id, provider, model, response_model, api_url, cost_status)
  ORDER BY tenant_id, provider, model, response_model, api_url, cost_status
  FOR UPDATE OF kept;
  UPDATE unpriced_usage AS kept SET request_count = kept.request_count - dropped.request_count
  FROM dropped_unpriced AS dropped
  WHERE (kept.tenant_id, kept.provider, kept.model, kept.response_model, kept.api_url, kept.cost_status)
    = (dropped.tenant_id, dropped.provider, dropped.model, dropped.response_model, dropped.api_url, dropped.cost_status);
  EXECUTE format('DROP TABLE %I', name);
  INSERT INTO log_drop (partition_name, record_count, revision_count, drop_time)
  VALUES (name, records, revisions, at);
  RETURN records;
END $$;

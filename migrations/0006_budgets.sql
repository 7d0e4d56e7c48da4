-- Budgets: what may be used in a period, and counters of what was.
--
-- Records count from here on in the statement that stores them: servers of the version before must
-- have stopped, since what they store is not counted.

-- How often a tenant's budgets were changed. Each statement that moves counters names the number
-- that it worked them out with.
CREATE TABLE budget_epoch (
  tenant_id uuid PRIMARY KEY REFERENCES tenant,
  epoch bigint NOT NULL
);

CREATE TABLE budget (
  tenant_id uuid NOT NULL REFERENCES tenant,
  budget_no integer NOT NULL CHECK (budget_no >= 1),
  budget_id text COLLATE "C" NOT NULL CHECK (length(budget_id) BETWEEN 1 AND 64),
  display_name text NOT NULL CHECK (length(display_name) <= 128),
  -- The scope. Empty: any. user_no is that of user_id; absent: any.
  user_id text NOT NULL,
  user_no integer,
  each_user boolean NOT NULL,
  feature text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  job_id text NOT NULL,
  tags jsonb NOT NULL,
  -- The period.
  cycle text NOT NULL CHECK (cycle IN ('day', 'week', 'month', 'quarter', 'lifetime', 'rolling')),
  anchor_day integer NOT NULL,
  rolling_days integer NOT NULL,
  time_zone text NOT NULL,
  -- The limit.
  unit text NOT NULL CHECK (unit IN ('cost', 'tokens', 'requests')),
  limit_amount numeric NOT NULL CHECK (limit_amount >= 0 AND limit_amount < 'Infinity'),
  hard boolean NOT NULL,
  threshold_percents integer[] NOT NULL,
  -- As asked: half-open, either may be absent.
  active_from timestamptz CHECK (isfinite(active_from)),
  active_to timestamptz CHECK (isfinite(active_to)),
  -- The first record that counts: active_from, or the start of the period in which the budget was made
  -- or last counted anew.
  count_from timestamptz NOT NULL,
  -- The budget of each user that this one stands in for.
  replaces_no integer,
  state text NOT NULL CHECK (state IN ('counting', 'active', 'deleted')),
  -- How often a person changed it.
  version bigint NOT NULL,
  -- The epoch of its last change, and of the last one that counts anew.
  epoch bigint NOT NULL,
  count_epoch bigint NOT NULL,
  create_time timestamptz NOT NULL,
  update_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, budget_no),
  CHECK (NOT (each_user AND user_no IS NOT NULL)),
  CHECK ((user_id = '') = (user_no IS NULL))
);
CREATE UNIQUE INDEX budget_by_id ON budget (tenant_id, budget_id) WHERE state <> 'deleted';
CREATE INDEX budget_by_epoch ON budget (tenant_id, epoch);
CREATE INDEX budget_to_count ON budget (update_time) WHERE state = 'counting';

-- What was used of a budget in one period, by one user where each has the limit alone, else by
-- everybody (user_no -1). For a budget of rolling days: on one of the days. fillfactor leaves room
-- to update rows in place, without index work.
CREATE TABLE budget_counter (
  tenant_id uuid NOT NULL,
  budget_no integer NOT NULL,
  user_no integer NOT NULL CHECK (user_no >= -1),
  period_start timestamptz NOT NULL,
  period_end timestamptz NOT NULL,
  -- In the unit of the limit. No CHECK on this nor on the next: what a correction or a release proposes
  -- is negative until it meets the row that it changes, and while a budget is counted, until the
  -- count is added.
  used numeric NOT NULL,
  -- The sum of held reservations.
  reserved numeric NOT NULL,
  unpriced_count bigint NOT NULL,
  partial_count bigint NOT NULL,
  first_event_time timestamptz,
  -- From this use on somebody must look whether an alert is due. Absent: never again.
  alert_at numeric,
  PRIMARY KEY (tenant_id, budget_no, user_no, period_start)
) WITH (fillfactor = 50);
-- Who used something in a period.
CREATE INDEX budget_counter_of_period ON budget_counter (tenant_id, budget_no, period_start);

-- Counters at which an alert may be due, written with what moved them.
CREATE TABLE budget_due (
  tenant_id uuid NOT NULL,
  budget_no integer NOT NULL,
  user_no integer NOT NULL,
  period_start timestamptz NOT NULL,
  -- used: a threshold may have been reached. refused: a reservation did not fit.
  cause text NOT NULL CHECK (cause IN ('used', 'refused')),
  PRIMARY KEY (tenant_id, budget_no, user_no, period_start, cause)
);

-- An amount that is set aside for a call that is about to be made.
CREATE TABLE budget_reservation (
  tenant_id uuid NOT NULL,
  reservation_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('held', 'settled', 'cancelled', 'expired', 'refused')),
  -- The call, as far as budgets tell calls apart.
  user_id text NOT NULL,
  user_no integer NOT NULL,
  feature text NOT NULL,
  provider text NOT NULL,
  model text NOT NULL,
  job_id text NOT NULL,
  tags jsonb NOT NULL,
  cost numeric NOT NULL CHECK (cost >= 0 AND cost < 'Infinity'),
  tokens numeric NOT NULL CHECK (tokens >= 0 AND tokens < 'Infinity'),
  -- The budgets in which it was set aside when it was made.
  budget_ids text[] NOT NULL,
  -- What the caller sent, to know a retry by.
  request_sha256 bytea NOT NULL CHECK (length(request_sha256) = 32),
  create_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  end_time timestamptz,
  -- The record that settled it.
  record_id uuid,
  -- What it did not fit into, as it stood then.
  refusal jsonb,
  PRIMARY KEY (tenant_id, reservation_id),
  CHECK ((refusal IS NOT NULL) = (state = 'refused')),
  CHECK ((end_time IS NULL) = (state = 'held'))
) WITH (fillfactor = 70);
CREATE INDEX budget_reservation_held ON budget_reservation (expire_time) WHERE state = 'held';
-- Held ones are laid into a budget that is made or changed meanwhile.
CREATE INDEX budget_reservation_of_tenant ON budget_reservation (tenant_id, expire_time)
  WHERE state = 'held';
CREATE INDEX budget_reservation_ended ON budget_reservation (end_time) WHERE state <> 'held';

-- In which counters a reservation is set aside: of a budget in several, where periods end before the
-- lease does. Gone with what is held.
CREATE TABLE budget_hold (
  tenant_id uuid NOT NULL,
  reservation_id uuid NOT NULL,
  budget_no integer NOT NULL,
  user_no integer NOT NULL,
  period_start timestamptz NOT NULL,
  amount numeric NOT NULL CHECK (amount >= 0 AND amount < 'Infinity'),
  PRIMARY KEY (tenant_id, reservation_id, budget_no, period_start),
  FOREIGN KEY (tenant_id, reservation_id) REFERENCES budget_reservation ON DELETE CASCADE
);

CREATE INDEX budget_hold_of_budget ON budget_hold (tenant_id, budget_no);

ALTER TABLE usage_log ADD COLUMN reservation_id uuid;

-- The lock under which a tenant's budgets are counted (shared) and changed (alone), as a slot:
-- so many tenants in one statement do not take as many locks.
CREATE FUNCTION budget_lock(tenant uuid) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN get_byte(uuid_send(tenant), 15);

-- Makes sure that counters are moved for the budgets there are, until the transaction ends: takes the
-- locks, and only then looks, in snapshots of its own, whether the epochs are those of now. Where
-- not, all is refused, and the caller works it out anew. Every statement that stores records calls it:
-- a single tenant, the usual case, goes the short way.
CREATE FUNCTION hold_budgets(tenants uuid[], epochs bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  is_other boolean;
BEGIN
  IF cardinality(tenants) = 1 THEN
    PERFORM pg_advisory_xact_lock_shared(1650816116, budget_lock(tenants[1]));
    is_other := coalesce((SELECT epoch FROM budget_epoch WHERE tenant_id = tenants[1]), 0) <> epochs[1];
  ELSE
    PERFORM pg_advisory_xact_lock_shared(1650816116, slot)
    FROM (SELECT DISTINCT budget_lock(t) AS slot FROM unnest(tenants) AS t ORDER BY 1) AS slots;
    is_other := EXISTS (
      SELECT FROM unnest(tenants, epochs) AS known (tenant_id, epoch)
      LEFT JOIN budget_epoch AS now ON now.tenant_id = known.tenant_id
      WHERE coalesce(now.epoch, 0) <> known.epoch
    );
  END IF;
  IF is_other THEN
    RAISE EXCEPTION 'the budgets were changed' USING ERRCODE = 'BU001';
  END IF;
END $$;

-- Every record that counts in a budget, with its cost as corrected: what counters are the fold of.
-- Budgets of one user stand apart, so that the index on users finds their records.
CREATE VIEW budget_entry AS
SELECT
  m.tenant_id, m.budget_no, CASE WHEN m.each_user THEN m.user_no ELSE -1 END AS user_no, m.event_time,
  CASE m.unit
    WHEN 'cost' THEN coalesce(m.cost_total, 0) + coalesce(r.cost_change, 0)
    WHEN 'tokens' THEN coalesce(m.input_tokens, 0)::numeric + coalesce(m.output_tokens, 0)
    ELSE 1
  END AS used,
  (m.cost_total IS NULL)::int + coalesce(r.unpriced_change, 0) AS unpriced_count,
  (m.cost_status = 'partial')::int + coalesce(r.partial_change, 0) AS partial_count
FROM (
  SELECT
    b.tenant_id, b.budget_no, b.each_user, b.unit, l.user_no, l.record_id, l.event_time, l.cost_total,
    l.cost_status, l.input_tokens, l.output_tokens
  FROM budget AS b
  JOIN usage_log AS l ON l.tenant_id = b.tenant_id AND l.user_no = b.user_no
    AND l.event_time >= b.count_from
    AND (b.active_to IS NULL OR l.event_time < b.active_to)
    AND (b.feature = '' OR l.feature = b.feature)
    AND (b.provider = '' OR l.provider = b.provider)
    AND (b.model = '' OR l.model = b.model)
    AND (b.job_id = '' OR l.job_id = b.job_id)
    AND (b.tags = '{}' OR l.tags @> b.tags)
  WHERE b.state <> 'deleted' AND b.user_no IS NOT NULL
  UNION ALL
  SELECT
    b.tenant_id, b.budget_no, b.each_user, b.unit, l.user_no, l.record_id, l.event_time, l.cost_total,
    l.cost_status, l.input_tokens, l.output_tokens
  FROM budget AS b
  JOIN usage_log AS l ON l.tenant_id = b.tenant_id
    AND l.event_time >= b.count_from
    AND (b.active_to IS NULL OR l.event_time < b.active_to)
    AND (b.feature = '' OR l.feature = b.feature)
    AND (b.provider = '' OR l.provider = b.provider)
    AND (b.model = '' OR l.model = b.model)
    AND (b.job_id = '' OR l.job_id = b.job_id)
    AND (b.tags = '{}' OR l.tags @> b.tags)
  WHERE b.state <> 'deleted' AND b.user_no IS NULL
) AS m
LEFT JOIN LATERAL (
  SELECT sum(cost_change) AS cost_change, sum(unpriced_change) AS unpriced_change, sum(partial_change) AS partial_change
  FROM cost_revision WHERE cost_revision.tenant_id = m.tenant_id AND cost_revision.record_id = m.record_id
) AS r ON true;

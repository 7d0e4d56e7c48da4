-- Alerts: what somebody should know, once; and their way to those who want to know.

-- The number of a tenant's last change of alerts. Its row is locked by whoever makes one, so that
-- changes become visible in the order of their numbers, and a reader who has seen one misses none.
CREATE TABLE alert_change (
  tenant_id uuid PRIMARY KEY REFERENCES tenant,
  change_no bigint NOT NULL
);

CREATE TABLE alert (
  tenant_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN
    ('threshold', 'exhausted', 'refused', 'unpriced_usage', 'anomaly', 'daily_budget')),
  -- What makes it the same one: budget, period, threshold, user; or name; or day.
  subject text NOT NULL,
  message text NOT NULL,
  budget_no integer,
  budget_id text NOT NULL DEFAULT '',
  user_id text NOT NULL DEFAULT '',
  threshold_percent integer NOT NULL DEFAULT 0,
  period_start timestamptz,
  period_end timestamptz,
  unit text NOT NULL DEFAULT 'cost' CHECK (unit IN ('cost', 'tokens', 'requests')),
  used numeric,
  limit_amount numeric,
  provider text NOT NULL DEFAULT '',
  model text NOT NULL DEFAULT '',
  create_time timestamptz NOT NULL,
  acknowledge_time timestamptz,
  -- The API key that did.
  acknowledged_by text NOT NULL DEFAULT '',
  -- Of the last change of this alert.
  change_no bigint NOT NULL,
  PRIMARY KEY (tenant_id, alert_id),
  -- Each thing is told once, whoever sees it, however often.
  UNIQUE (tenant_id, kind, subject)
);
CREATE UNIQUE INDEX alert_by_change ON alert (tenant_id, change_no);
CREATE INDEX alert_open ON alert (tenant_id, change_no) WHERE acknowledge_time IS NULL;
CREATE INDEX alert_of_budget ON alert (tenant_id, budget_no, create_time);

-- Where alerts are posted to.
CREATE TABLE webhook (
  tenant_id uuid NOT NULL REFERENCES tenant,
  webhook_id uuid NOT NULL,
  url text NOT NULL CHECK (length(url) BETWEEN 1 AND 512),
  -- Empty: all.
  kinds text[] NOT NULL,
  -- Signs deliveries, so it cannot be kept as a hash.
  secret bytea NOT NULL CHECK (length(secret) = 32),
  create_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, webhook_id)
);

-- Each alert on its way to each webhook, made with the alert.
CREATE TABLE webhook_delivery (
  tenant_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  alert_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempt_count integer NOT NULL DEFAULT 0,
  -- While it is tried: when another server may try. It is given up at give_up_time.
  next_attempt_time timestamptz NOT NULL,
  give_up_time timestamptz NOT NULL,
  last_attempt_time timestamptz,
  -- HTTP status; 0: there was no answer.
  last_status integer NOT NULL DEFAULT 0,
  last_error text NOT NULL DEFAULT '',
  create_time timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, webhook_id, alert_id),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhook ON DELETE CASCADE,
  FOREIGN KEY (tenant_id, alert_id) REFERENCES alert
) WITH (fillfactor = 70);
CREATE INDEX webhook_delivery_pending ON webhook_delivery (next_attempt_time) WHERE state = 'pending';

-- Names without a price that an alert was made of: the others are new.
ALTER TABLE unpriced_usage ADD COLUMN alerted boolean NOT NULL DEFAULT false;
CREATE INDEX unpriced_usage_new ON unpriced_usage (tenant_id) WHERE NOT alerted;

-- Prices for life: versions of prices, prices and names of one tenant, and a log of changes.

-- A tenant whose keys may change the public price list: the operator's own.
ALTER TABLE tenant ADD COLUMN operator boolean NOT NULL DEFAULT false;
-- Which cost of a record counts: the price list's, or the reported one where there is one.
ALTER TABLE tenant ADD COLUMN cost_policy text NOT NULL DEFAULT 'priced'
  CHECK (cost_policy IN ('priced', 'reported'));
UPDATE tenant SET operator = true WHERE name = 'default';

-- A list may be brought in again after others came between.
ALTER TABLE catalogue DROP CONSTRAINT catalogue_source_sha256_key;

-- Places in the order change when a list is brought in, all in one transaction.
ALTER TABLE provider DROP CONSTRAINT provider_ordinal_key,
  ADD CONSTRAINT provider_ordinal_key UNIQUE (ordinal) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE model DROP CONSTRAINT model_provider_id_ordinal_key,
  ADD CONSTRAINT model_provider_id_ordinal_key UNIQUE (provider_id, ordinal) DEFERRABLE INITIALLY DEFERRED;

-- What one source says that a model costs, from a time on. Nothing of it is ever changed: a new
-- price is a new version, which counts over the older ones of its origin from its time on.
CREATE TABLE price_version (
  price_version_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id bigint NOT NULL REFERENCES model,
  -- Who says it; the later in this order counts.
  origin text NOT NULL CHECK (origin IN ('catalogue', 'correction', 'operator', 'tenant')),
  tenant_id uuid REFERENCES tenant,
  catalogue_id bigint REFERENCES catalogue,
  -- Half-open; null is an open end. A version without price sets ends those of its origin.
  from_time timestamptz CHECK (isfinite(from_time)),
  to_time timestamptz CHECK (isfinite(to_time)),
  -- Where the figures come from, for people.
  source text NOT NULL CHECK (length(source) <= 1024),
  -- The API key that brought it; empty: the service itself.
  created_by text NOT NULL,
  record_time timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT price_version_range CHECK (from_time < to_time),
  CONSTRAINT price_version_tenant CHECK ((origin = 'tenant') = (tenant_id IS NOT NULL)),
  CONSTRAINT price_version_catalogue CHECK (origin <> 'catalogue' OR catalogue_id IS NOT NULL OR created_by <> '')
);
CREATE INDEX price_version_model ON price_version (model_id);

INSERT INTO price_version (model_id, origin, catalogue_id, source, created_by, record_time)
SELECT DISTINCT ON (model_id) model_id, 'catalogue', catalogue_id, '', '', record_time
FROM price_set ORDER BY model_id, price_set_id;

ALTER TABLE price_set ADD COLUMN price_version_id bigint REFERENCES price_version;
UPDATE price_set SET price_version_id = price_version.price_version_id
FROM price_version WHERE price_version.model_id = price_set.model_id;
DROP INDEX price_set_live;
ALTER TABLE price_set
  ALTER COLUMN price_version_id SET NOT NULL,
  DROP COLUMN model_id, DROP COLUMN catalogue_id, DROP COLUMN record_time, DROP COLUMN supersede_time,
  ADD CONSTRAINT price_set_place UNIQUE (price_version_id, kind, ordinal);

CREATE TRIGGER price_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON price_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_price_change();
CREATE TRIGGER price_set_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON price_set
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_price_change();

-- Names that a tenant gives to models, such as those of deployments. The newest one that holds at a
-- call's time counts; one without a model ends those before it.
CREATE TABLE model_alias (
  model_alias_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id uuid NOT NULL REFERENCES tenant,
  -- As records state it, or the key of the price list; empty: any.
  provider text NOT NULL CHECK (length(provider) <= 128),
  alias text NOT NULL CHECK (length(alias) BETWEEN 1 AND 256),
  model_id bigint REFERENCES model,
  from_time timestamptz CHECK (isfinite(from_time)),
  created_by text NOT NULL,
  record_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_alias_tenant ON model_alias (tenant_id, alias);
CREATE TRIGGER model_alias_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON model_alias
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_price_change();

-- One row for each change of prices or names. Servers look at the last number to learn that what
-- they hold is old; changes are made one after the other, so a number never appears behind another.
CREATE TABLE price_change (
  change_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  what text NOT NULL,
  created_by text NOT NULL,
  record_time timestamptz NOT NULL DEFAULT now()
);

-- The price list: providers, their models, and the price sets of these.
--
-- It is small (a few thousand rows), read whole at start and held in memory; no query of it needs
-- an index beyond its keys. Ids are plain numbers, since every row of the log carries two of them.

-- The registry of meters, as the program has it. A table and no enum: new meters need no migration.
CREATE TABLE meter (
  meter_key text PRIMARY KEY,
  -- What it counts. A meter contains those that have all of its dimensions and more.
  dimensions jsonb NOT NULL,
  per bigint NOT NULL CHECK (per > 0),
  rollup text NOT NULL CHECK (rollup IN ('input', 'output', 'other')),
  fractional boolean NOT NULL,
  implicit boolean NOT NULL
);

-- One row for each import of a price list. The hash keeps one import from being made twice.
CREATE TABLE catalogue (
  catalogue_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  version text NOT NULL,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  licence text NOT NULL,
  attribution text NOT NULL,
  record_time timestamptz NOT NULL DEFAULT now(),
  UNIQUE (source, sha256)
);

-- The ordinal is data: of several providers that a name could mean, the first is meant.
CREATE TABLE provider (
  provider_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL UNIQUE,
  ordinal integer NOT NULL UNIQUE,
  name text NOT NULL,
  aliases text[] NOT NULL,
  api text[] NOT NULL,
  -- Match rules are trees: jsonb keeps them whole, and nothing in the database asks for their parts.
  id_match jsonb NOT NULL,
  model_match jsonb NOT NULL
);

-- Whose models a provider serves at their prices, in the order in which they are asked.
CREATE TABLE provider_fallback (
  provider_id bigint NOT NULL REFERENCES provider,
  ordinal integer NOT NULL,
  fallback_provider_id bigint NOT NULL REFERENCES provider,
  PRIMARY KEY (provider_id, ordinal)
);

CREATE TABLE model (
  model_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider_id bigint NOT NULL REFERENCES provider,
  key text NOT NULL,
  -- The first model whose rule holds for a name is meant by it.
  ordinal integer NOT NULL,
  name text,
  match jsonb NOT NULL,
  context_window bigint CHECK (context_window >= 0),
  deprecated boolean NOT NULL,
  UNIQUE (provider_id, key),
  UNIQUE (provider_id, ordinal)
);

-- Rates that hold together. The log names the set that explains a cost, so a set is never changed
-- and never deleted: a correction supersedes it and adds another one.
CREATE TABLE price_set (
  price_set_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id bigint NOT NULL REFERENCES model,
  catalogue_id bigint NOT NULL REFERENCES catalogue,
  -- base: the highest ordinal that holds counts. variant: the lowest, for each meter.
  kind text NOT NULL CHECK (kind IN ('base', 'variant')),
  ordinal integer NOT NULL,
  -- Half-open; null is an open end.
  from_time timestamptz CHECK (isfinite(from_time)),
  to_time timestamptz CHECK (isfinite(to_time)),
  -- Hours of the day, half-open, past midnight where the end is first; read in the zone, as the
  -- days are, whose lowest bit is Monday.
  window_from time,
  window_to time,
  window_zone text,
  window_days smallint CHECK (window_days BETWEEN 1 AND 127),
  -- What a call must have for a variant to count, such as {"service_tier": "flex"}.
  terms jsonb NOT NULL,
  -- A set without rates says so when it is the price and not a gap.
  free boolean NOT NULL,
  record_time timestamptz NOT NULL DEFAULT now(),
  supersede_time timestamptz CHECK (isfinite(supersede_time)),
  CONSTRAINT price_set_range CHECK (from_time < to_time),
  CONSTRAINT price_set_window CHECK (num_nulls(window_from, window_to, window_zone, window_days) IN (0, 4)),
  CONSTRAINT price_set_terms CHECK ((kind = 'variant') = (terms <> '{}'))
);
-- One set in force for each place in the order; superseded ones stay beside it.
CREATE UNIQUE INDEX price_set_live ON price_set (model_id, kind, ordinal) WHERE supersede_time IS NULL;

-- The price of a meter, one row for each tier. Amounts are kept in the unit of the price list with
-- the number of units beside them: a price for an hour has no finite price for a second.
CREATE TABLE price (
  price_set_id bigint NOT NULL REFERENCES price_set,
  meter_key text NOT NULL REFERENCES meter,
  -- The row holds for requests with more input tokens than this; -1 for those in no tier.
  above_input_tokens bigint NOT NULL CHECK (above_input_tokens >= -1),
  amount numeric(29, 18) NOT NULL CHECK (amount >= 0 AND amount <> 'NaN'),
  per bigint NOT NULL CHECK (per > 0),
  -- The least that is billed of anything at all, in every tier.
  min_quantity numeric(20, 9) CHECK (min_quantity >= 0 AND min_quantity <> 'NaN'),
  PRIMARY KEY (price_set_id, meter_key, above_input_tokens),
  CONSTRAINT price_minimum_once CHECK (min_quantity IS NULL OR above_input_tokens = -1)
);

-- A wall that holds for every role: what a cost was made from stays as it was.
CREATE FUNCTION refuse_price_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: prices are added, never changed', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER price_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON price
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_price_change();

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

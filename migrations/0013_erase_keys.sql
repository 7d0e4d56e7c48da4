-- Erasing a person ends the keys of that person, whether or not anything was recorded.

-- As in 0009, but a key may be bound to somebody of whom nothing was ever recorded: it ends too, and what
-- comes back then has no number.
CREATE OR REPLACE FUNCTION erase_user(whose uuid, id text, anonymous text, at timestamptz)
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
  IF no IS NULL AND NOT EXISTS (SELECT FROM tenant_user WHERE tenant_id = whose AND user_id = id) THEN
    UPDATE api_key SET user_id = anonymous, name = 'erased', revoke_time = coalesce(revoke_time, at)
    WHERE tenant_id = whose AND user_id = id;
    IF FOUND THEN
      RETURN QUERY SELECT NULL::integer, 0::bigint;
    END IF;
  END IF;
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

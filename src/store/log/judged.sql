-- log.judged: the next records of the log, newest first, and whether a question wants them.
--
-- $1 tenant, $2 start of the range, $3 time and $4 id of the last record that was looked at, $5 how many
-- records to look at, $6 how many rows to answer. The way into the log: $7 user, $8 job, $9 session or
-- absent, $10 failures only; by one of these an index leads past the others. The filter, each absent for
-- any: $11 users, $12 features, $13 functions, $14 providers, $15 models, $16 statuses, $17 jobs, $18
-- sessions, $19 tags, $20 cached, $21 unpriced, $22 failed; $23 patterns, of which one must match.
--
-- Records are judged one after the other, as they are asked for: whoever has enough of them ends the work.
WITH looked_at AS (
  SELECT *, row_number() OVER (ORDER BY event_time DESC, record_id DESC) AS position
  FROM (
    SELECT
      record_id, event_time, user_no, feature, function_name, provider, model, status, job_id,
      session_id, error_message, tags, cached_response, cost_total
    FROM usage_log
    WHERE tenant_id = $1
      AND event_time >= $2 AND event_time <= $3 AND (event_time, record_id) < ($3, $4)
      AND ($7::integer IS NULL OR user_no = $7)
      AND ($8::text IS NULL OR job_id = $8)
      AND ($9::text IS NULL OR session_id = $9)
      AND (NOT $10::boolean OR status <> 'success')
    ORDER BY event_time DESC, record_id DESC
    LIMIT $5
  ) AS log
), judged AS (
  SELECT
    record_id, position,
    ($11::integer[] IS NULL OR user_no = ANY ($11))
    AND ($12::text[] IS NULL OR feature = ANY ($12))
    AND ($13::text[] IS NULL OR function_name = ANY ($13))
    AND ($14::text[] IS NULL OR provider = ANY ($14))
    AND ($15::text[] IS NULL OR model = ANY ($15))
    AND ($16::text[] IS NULL OR status = ANY ($16))
    AND ($17::text[] IS NULL OR job_id = ANY ($17))
    AND ($18::text[] IS NULL OR session_id = ANY ($18))
    AND ($19::jsonb IS NULL OR coalesce(tags @> $19, false))
    AND ($20::boolean IS NULL OR cached_response = $20)
    AND ($22::boolean IS NULL OR (status <> 'success') = $22)
    AND ($21::boolean IS NULL OR $21 = coalesce(
      (
        SELECT r.cost_total IS NULL FROM cost_revision AS r
        WHERE r.tenant_id = $1 AND r.record_id = looked_at.record_id ORDER BY revision DESC LIMIT 1
      ),
      cost_total IS NULL
    ))
    AND ($23::text[] IS NULL
      -- Neither the texts nor the pattern have the character between them.
      OR concat_ws(chr(1), feature, session_id, job_id, error_message) ILIKE ANY ($23)
      -- A subquery of one value is looked up by its key; EXISTS might read every user.
      OR (SELECT user_id ILIKE ANY ($23) FROM tenant_user AS u WHERE u.tenant_id = $1 AND u.user_no = looked_at.user_no))
    AS is_wanted
  FROM looked_at

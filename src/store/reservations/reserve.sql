-- reservations.reserve: stores reservations, admitted or refused, sets aside what they hold, and
-- says where a refusal is worth an alert. All of it was decided under the locks of the counters.
--
-- $1 to $15 reservations, $16 the time, $17 to $22 holds, $23 to $26 refusals by counter, $27 the
-- names of budgets with commas; one array for each column. Keys are sorted, so that two servers that are asked the same never wait for each other in a circle.
WITH made AS (
  INSERT INTO budget_reservation (
    tenant_id, reservation_id, state, user_id, user_no, feature, provider, model, job_id, tags, cost,
    tokens, request_sha256, create_time, expire_time, end_time, refusal, budget_ids
  )
  SELECT
    tenant_id, reservation_id, state, user_id, user_no, feature, provider, model, job_id, tags::jsonb,
    cost, tokens, request_sha256, $16, expire_time, CASE WHEN state <> 'held' THEN $16::timestamptz END, refusal::jsonb,
    string_to_array(budget_ids, ',')
  FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::numeric[], $12::numeric[], $13::bytea[], $14::timestamptz[], $15::text[], $27::text[]
  ) AS input (
    tenant_id, reservation_id, state, user_id, user_no, feature, provider, model, job_id, tags, cost,
    tokens, request_sha256, expire_time, refusal, budget_ids
  )
  ORDER BY tenant_id, reservation_id
  ON CONFLICT DO NOTHING
  RETURNING tenant_id, reservation_id
), hold AS (
  -- Where an id is another server's since, nothing is set aside, and the caller tries again.
  SELECT hold.* FROM unnest(
    $17::uuid[], $18::uuid[], $19::integer[], $20::integer[], $21::timestamptz[], $22::numeric[]
  ) AS hold (tenant_id, reservation_id, budget_no, user_no, period_start, amount)
  JOIN made USING (tenant_id, reservation_id)
), held AS (
  INSERT INTO budget_hold (tenant_id, reservation_id, budget_no, user_no, period_start, amount)
  SELECT * FROM hold
), moved AS (
  UPDATE budget_counter AS c SET reserved = c.reserved + h.amount
  FROM (
    SELECT tenant_id, budget_no, user_no, period_start, sum(amount) AS amount
    FROM hold GROUP BY 1, 2, 3, 4
  ) AS h
  WHERE (c.tenant_id, c.budget_no, c.user_no, c.period_start)
    = (h.tenant_id, h.budget_no, h.user_no, h.period_start)
), due AS (
  INSERT INTO budget_due (tenant_id, budget_no, user_no, period_start, cause)
  SELECT DISTINCT tenant_id, budget_no, user_no, period_start, 'refused'
  FROM unnest($23::uuid[], $24::integer[], $25::integer[], $26::timestamptz[])
    AS refused (tenant_id, budget_no, user_no, period_start)
  ORDER BY 1, 2, 3, 4
  ON CONFLICT DO NOTHING
)
SELECT count(*) FROM made

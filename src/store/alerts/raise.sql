-- alerts.raise: raises the alerts that were not raised before, numbers them without a gap, and puts
-- them on their way. Runs under the tenant's lock, so what was raised before is visible.
WITH asked AS (
  SELECT * FROM unnest(
    $4::uuid[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::text[], $10::text[], $11::integer[],
    $12::timestamptz[], $13::timestamptz[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
    $19::boolean[]
  ) WITH ORDINALITY AS asked (
    alert_id, kind, subject, message, budget_no, budget_id, user_id, threshold_percent, period_start,
    period_end, unit, used, limit_amount, provider, model, rolling, position
  )
), new AS (
  SELECT asked.*, row_number() OVER (ORDER BY position) AS number
  FROM asked
  WHERE NOT EXISTS (
    SELECT FROM alert AS known
    WHERE known.tenant_id = $1 AND known.kind = asked.kind AND known.subject = asked.subject
  )
  -- Days roll on, and what is over a threshold today was so yesterday.
  AND NOT (rolling AND EXISTS (
    SELECT FROM alert AS known
    WHERE known.tenant_id = $1 AND known.budget_no = asked.budget_no AND known.kind = asked.kind
      AND known.user_id = asked.user_id AND known.threshold_percent = asked.threshold_percent
      AND known.period_start < asked.period_end AND known.period_end > asked.period_start
  ))
), raised AS (
  INSERT INTO alert (
    tenant_id, alert_id, kind, subject, message, budget_no, budget_id, user_id, threshold_percent,
    period_start, period_end, unit, used, limit_amount, provider, model, create_time, change_no
  )
  SELECT
    $1, alert_id, kind, subject, message, budget_no, budget_id, user_id, threshold_percent,
    period_start, period_end, unit, used::numeric, limit_amount::numeric, provider, model, $2,
    change.change_no + number
  FROM new CROSS JOIN (SELECT change_no FROM alert_change WHERE tenant_id = $1) AS change
  ON CONFLICT (tenant_id, kind, subject) DO NOTHING
  RETURNING alert_id, kind
), changed AS (
  UPDATE alert_change SET change_no = change_no + (SELECT count(*) FROM raised)
  WHERE tenant_id = $1 AND EXISTS (SELECT FROM raised)
), sent AS (
  INSERT INTO webhook_delivery
    (tenant_id, webhook_id, alert_id, state, next_attempt_time, give_up_time, create_time)
  SELECT $1, webhook_id, alert_id, 'pending', $2, $3, $2
  FROM raised JOIN webhook ON tenant_id = $1 AND (kinds = '{}' OR kind = ANY (kinds))
), told AS (
  SELECT pg_notify('aiusage_alerts', $1::text) WHERE EXISTS (SELECT FROM raised)
)
SELECT alert_id FROM raised, (SELECT count(*) FROM told) AS told

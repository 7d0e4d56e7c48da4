-- alerts.take: takes deliveries that are due, at most one of each tenant, until $2. A server that
-- dies with them only makes them late.
WITH due AS (
  SELECT tenant_id, webhook_id, alert_id, next_attempt_time
  FROM webhook_delivery
  WHERE state = 'pending' AND next_attempt_time <= $1
    AND webhook_id <> ALL ($3) AND tenant_id <> ALL ($4)
  ORDER BY next_attempt_time
  LIMIT 256
  FOR UPDATE SKIP LOCKED
), chosen AS (
  SELECT * FROM (
    SELECT DISTINCT ON (tenant_id) * FROM due ORDER BY tenant_id, next_attempt_time, alert_id
  ) AS first
  ORDER BY next_attempt_time LIMIT $5
), taken AS (
  UPDATE webhook_delivery AS d
  SET attempt_count = d.attempt_count + 1, last_attempt_time = $1, next_attempt_time = $2
  FROM chosen
  WHERE (d.tenant_id, d.webhook_id, d.alert_id) = (chosen.tenant_id, chosen.webhook_id, chosen.alert_id)
  RETURNING d.tenant_id, d.webhook_id, d.alert_id, d.give_up_time
)
SELECT
  alert.*, alert.used::text AS used_text, alert.limit_amount::text AS limit_text,
  taken.webhook_id, taken.give_up_time, webhook.url, webhook.secret
FROM taken
JOIN alert USING (tenant_id, alert_id)
JOIN webhook USING (tenant_id, webhook_id)

-- repricing.difference: what a repricing changed, by user, day and model.
--
-- $1 tenant, $2 repricing.
WITH revised AS (
  SELECT user_no, day, model, old_cost_total, cost_total FROM cost_revision
  WHERE tenant_id = $1 AND repricing_id = $2
), change AS (
  SELECT
    CASE WHEN GROUPING(day) = 0 THEN 'day' WHEN GROUPING(model) = 0 THEN 'model' ELSE 'user' END AS part,
    user_no, day, model, count(*) AS request_count,
    coalesce(sum(old_cost_total), 0) AS cost_before, coalesce(sum(cost_total), 0) AS cost_after,
    count(*) - count(old_cost_total) AS unpriced_before_count, count(*) - count(cost_total) AS unpriced_after_count
  FROM revised
  GROUP BY GROUPING SETS ((user_no), (day), (model))
)
SELECT
  part, coalesce(tenant_user.user_id, change.day::text, change.model) AS key, request_count,
  trim_scale(cost_before)::text AS cost_before, trim_scale(cost_after)::text AS cost_after,
  unpriced_before_count, unpriced_after_count
FROM change
LEFT JOIN tenant_user ON tenant_user.tenant_id = $1 AND tenant_user.user_no = change.user_no

-- profiles.change: changes what is known of a user who has a number.
--
-- $1 tenant, $2 user; name, e-mail and plan where they are given in $3, $4, $5; revenue in $7 and cost in
-- $9 as text, time in $11, where $6, $8 and $10 say that they change; $12 now.
WITH held AS (
  -- Whoever takes the id away is waited for, and then there is no such row.
  SELECT tenant_id, user_no, user_id FROM tenant_user
  WHERE tenant_id = $1 AND user_id = $2
  FOR KEY SHARE
), changed AS (
  INSERT INTO user_profile AS p (
    tenant_id, user_no, display_name, email, plan, monthly_revenue, acquisition_cost, signup_time, create_time,
    update_time
  )
  SELECT
    tenant_id, user_no, coalesce($3, ''), coalesce($4, ''), coalesce($5, ''), $7::text::numeric,
    $9::text::numeric, $11::timestamptz, $12, $12
  FROM held
  ON CONFLICT (tenant_id, user_no) DO UPDATE SET
    display_name = coalesce($3, p.display_name),
    email = coalesce($4, p.email),
    plan = coalesce($5, p.plan),
    monthly_revenue = CASE WHEN $6 THEN excluded.monthly_revenue ELSE p.monthly_revenue END,
    acquisition_cost = CASE WHEN $8 THEN excluded.acquisition_cost ELSE p.acquisition_cost END,
    signup_time = CASE WHEN $10 THEN excluded.signup_time ELSE p.signup_time END,
    update_time = CASE
      WHEN p.display_name <> coalesce($3, p.display_name) OR p.email <> coalesce($4, p.email)
        OR p.plan <> coalesce($5, p.plan)
        OR ($6 AND p.monthly_revenue IS DISTINCT FROM excluded.monthly_revenue)
        OR ($8 AND p.acquisition_cost IS DISTINCT FROM excluded.acquisition_cost)
        OR ($10 AND p.signup_time IS DISTINCT FROM excluded.signup_time)
      THEN $12 ELSE p.update_time
    END
  RETURNING p.*
)
SELECT
  held.user_id, p.display_name, p.email, p.plan, trim_scale(p.monthly_revenue)::text AS monthly_revenue,
  trim_scale(p.acquisition_cost)::text AS acquisition_cost, p.signup_time, p.create_time, p.update_time
FROM changed AS p JOIN held USING (tenant_id, user_no)

-- log.one: one record. $1 tenant, $2 its id.
WITH page AS (
  SELECT $2::uuid AS record_id, 1::bigint AS position, true AS is_wanted
)

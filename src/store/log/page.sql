-- log.page: those that are wanted, up to $6. The last one that may be looked at comes in any case: the next
-- page goes on from there.
), page AS MATERIALIZED (
  SELECT * FROM judged WHERE is_wanted OR position = $5 LIMIT $6
)

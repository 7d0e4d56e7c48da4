-- Who was active, by spans of 8 and of 64 days beside single days: a question about months unites a few
-- bitmaps of each chunk rather than one for each day. All lie in one table, so that a server which knows
-- nothing of spans is refused by the name of a column rather than leaving them out.

-- The first day of the span of so many days, a power of two, that holds a day: spans are counted from
-- the epoch on, and each is eight of those below it.
CREATE FUNCTION span_start(day date, span_days integer) RETURNS date
  LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN day - ((day - date '1970-01-01') & (span_days - 1));

ALTER TABLE active_users RENAME COLUMN day TO first_day;
ALTER TABLE active_users ADD COLUMN span_days smallint NOT NULL DEFAULT 1 CHECK (span_days IN (1, 8, 64));
ALTER TABLE active_users ALTER COLUMN span_days DROP DEFAULT;
ALTER TABLE active_users DROP CONSTRAINT active_users_pkey;
ALTER TABLE active_users ADD PRIMARY KEY (tenant_id, span_days, first_day, chunk);

INSERT INTO active_users (tenant_id, span_days, first_day, chunk, users)
SELECT tenant_id, 8, span_start(first_day, 8), chunk, bit_or(users)
FROM active_users WHERE span_days = 1
GROUP BY 1, 3, 4
ORDER BY 1, 3, 4;

INSERT INTO active_users (tenant_id, span_days, first_day, chunk, users)
SELECT tenant_id, 64, span_start(first_day, 64), chunk, bit_or(users)
FROM active_users WHERE span_days = 8
GROUP BY 1, 3, 4
ORDER BY 1, 3, 4;

-- What was sent of a call's usage, beside the counts that were made of it: with both, what was sent
-- can be told from what is stored.

-- The counts are stored with every part inside its total; the convention says what the totals
-- contained when they came. NULL: recorded before it was kept. A default would claim for those rows
-- what nobody knows. raw_usage is the provider's own usage object.
ALTER TABLE usage_log
  ADD COLUMN token_convention text,
  ADD COLUMN raw_usage jsonb;

-- NOT VALID: every row that is there has NULL, and reading the whole log to find that out would
-- keep writers waiting for as long. New rows are checked all the same.
ALTER TABLE usage_log ADD CONSTRAINT usage_log_token_convention_check
  CHECK (token_convention IN ('inclusive', 'exclusive', 'reasoning_exclusive')) NOT VALID;

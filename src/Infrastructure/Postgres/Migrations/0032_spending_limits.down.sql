ALTER TABLE ledger.accounts DROP COLUMN is_limited;
DROP TABLE ledger.spending_limits;
ALTER TABLE users DROP COLUMN time_zone;

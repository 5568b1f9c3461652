-- migrator: no-transaction
-- What a person still forecasts, however many forecasts they had.
DROP INDEX CONCURRENTLY IF EXISTS forecasts_owner_unsettled_idx;
CREATE INDEX CONCURRENTLY forecasts_owner_unsettled_idx ON forecasts (owner_id) WHERE settled_at IS NULL;

-- migrator: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS forecasts_owner_unsettled_idx;

-- migrator: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS payment_refunds_provider_id_idx;

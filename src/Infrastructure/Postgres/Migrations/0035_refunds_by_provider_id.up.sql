-- migrator: no-transaction
-- A report names refunds by the provider's id.
DROP INDEX CONCURRENTLY IF EXISTS payment_refunds_provider_id_idx;
CREATE INDEX CONCURRENTLY payment_refunds_provider_id_idx ON payment_refunds (provider_id);

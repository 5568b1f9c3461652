-- migrator: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS payments_status_idx;
DROP INDEX CONCURRENTLY IF EXISTS payments_created_at_idx;
DROP INDEX CONCURRENTLY IF EXISTS payment_webhooks_payment_idx;
DROP INDEX CONCURRENTLY IF EXISTS payment_webhooks_failed_idx;
ALTER TABLE payment_webhooks DROP COLUMN IF EXISTS last_error;

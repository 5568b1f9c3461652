-- migrator: no-transaction
-- Why the last attempt to handle a notification failed; null when it did not.
ALTER TABLE payment_webhooks ADD COLUMN IF NOT EXISTS last_error varchar(500);
-- The notifications that failed, and those about a payment.
DROP INDEX CONCURRENTLY IF EXISTS payment_webhooks_failed_idx;
CREATE INDEX CONCURRENTLY payment_webhooks_failed_idx ON payment_webhooks (received_at) WHERE last_error IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS payment_webhooks_payment_idx;
CREATE INDEX CONCURRENTLY payment_webhooks_payment_idx ON payment_webhooks (provider, provider_payment_id);
-- The payments of all users, newest first, also those of one status.
DROP INDEX CONCURRENTLY IF EXISTS payments_created_at_idx;
CREATE INDEX CONCURRENTLY payments_created_at_idx ON payments (created_at, id);
DROP INDEX CONCURRENTLY IF EXISTS payments_status_idx;
CREATE INDEX CONCURRENTLY payments_status_idx ON payments (status, created_at, id);

-- migrator: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS ledger.idempotency_recorded_at_idx;
CREATE INDEX CONCURRENTLY idempotency_recorded_at_idx ON ledger.idempotency USING brin (recorded_at);
DROP INDEX CONCURRENTLY IF EXISTS ledger.idempotency_recorded_idx;

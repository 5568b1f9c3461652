-- migrator: no-transaction
-- Keys are removed in the order of their time. The ranges that were noted for pages never narrow again when the pages are used anew, so
-- after the first ninety days they would lead everywhere; an index that only grows at its end costs a payment next to nothing.
DROP INDEX CONCURRENTLY IF EXISTS ledger.idempotency_recorded_idx;
CREATE INDEX CONCURRENTLY idempotency_recorded_idx ON ledger.idempotency (recorded_at);
DROP INDEX CONCURRENTLY IF EXISTS ledger.idempotency_recorded_at_idx;

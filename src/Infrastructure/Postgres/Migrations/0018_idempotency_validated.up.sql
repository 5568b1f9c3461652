-- Reads the table beside its writers.
ALTER TABLE ledger.idempotency VALIDATE CONSTRAINT idempotency_fingerprint_check;

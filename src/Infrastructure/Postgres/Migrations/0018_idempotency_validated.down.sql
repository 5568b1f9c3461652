ALTER TABLE ledger.idempotency DROP CONSTRAINT idempotency_fingerprint_check;
ALTER TABLE ledger.idempotency
    ADD CONSTRAINT idempotency_fingerprint_check CHECK (octet_length(fingerprint) BETWEEN 32 AND 544) NOT VALID;

-- Keys of this version stay used: the former version refuses them with 422.
ALTER TABLE ledger.idempotency DROP CONSTRAINT idempotency_fingerprint_check;
UPDATE ledger.idempotency SET fingerprint = substring(fingerprint FOR 32) WHERE octet_length(fingerprint) > 32;
ALTER TABLE ledger.idempotency ADD CONSTRAINT idempotency_fingerprint_check CHECK (octet_length(fingerprint) = 32);

ALTER TABLE idempotency_answers
    DROP CONSTRAINT idempotency_answers_answer_check,
    DROP CONSTRAINT idempotency_answers_fingerprint_check,
    DROP COLUMN status,
    DROP COLUMN headers,
    DROP COLUMN body,
    ADD COLUMN answer text;
UPDATE idempotency_answers SET fingerprint = substring(fingerprint FOR 32) WHERE octet_length(fingerprint) > 32;

ALTER INDEX idempotency_answers_created_idx RENAME TO kept_answers_created_idx;
ALTER TABLE idempotency_answers RENAME CONSTRAINT idempotency_answers_key_check TO kept_answers_key_check;
ALTER TABLE idempotency_answers RENAME CONSTRAINT idempotency_answers_owner_id_fkey TO kept_answers_owner_id_fkey;
ALTER TABLE idempotency_answers RENAME CONSTRAINT idempotency_answers_pkey TO kept_answers_pkey;
ALTER TABLE idempotency_answers ADD CONSTRAINT kept_answers_fingerprint_check CHECK (octet_length(fingerprint) = 32);
ALTER TABLE idempotency_answers RENAME TO kept_answers;

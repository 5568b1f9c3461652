-- migrator: allow rename: what the former version answers meanwhile is said above
-- migrator: allow drop-column: what the former version answers meanwhile is said above
-- migrator: allow check: the table holds the answers of a day
-- Answers are stored as they were sent, status, headers and bytes, so that a replay reads no type of a release that is gone. Requests are
-- compared by their bound command instead of by their bytes, and a fingerprint names the fields that differ.
--
-- Until it is replaced, a server of the former version answers 500 to a POST with an Idempotency-Key that moves no money; a repetition that
-- reaches this version works. A key that the former version has used, for money too, is refused with 422 by this version and the other way
-- round, for the same request too: nothing is done twice, but an answer of before is not replayed.

ALTER TABLE kept_answers RENAME TO idempotency_answers;
ALTER TABLE idempotency_answers RENAME CONSTRAINT kept_answers_pkey TO idempotency_answers_pkey;
ALTER TABLE idempotency_answers RENAME CONSTRAINT kept_answers_owner_id_fkey TO idempotency_answers_owner_id_fkey;
ALTER TABLE idempotency_answers RENAME CONSTRAINT kept_answers_key_check TO idempotency_answers_key_check;
ALTER TABLE idempotency_answers DROP CONSTRAINT kept_answers_fingerprint_check;
ALTER INDEX kept_answers_created_idx RENAME TO idempotency_answers_created_idx;

ALTER TABLE idempotency_answers
    DROP COLUMN answer,
    -- Null inside of the transaction that makes the answer, and for keys of the former version.
    ADD COLUMN status  integer CHECK (status BETWEEN 200 AND 499),
    ADD COLUMN headers jsonb,
    ADD COLUMN body    bytea,
    -- 32 bytes of the whole and 8 of each field.
    ADD CONSTRAINT idempotency_answers_fingerprint_check CHECK (octet_length(fingerprint) BETWEEN 32 AND 544),
    ADD CONSTRAINT idempotency_answers_answer_check CHECK (num_nulls(status, headers, body) IN (0, 3));

-- All rows fit, so this large table is not read while it is locked; the next migration does that beside its writers.
ALTER TABLE ledger.idempotency DROP CONSTRAINT idempotency_fingerprint_check;
ALTER TABLE ledger.idempotency
    ADD CONSTRAINT idempotency_fingerprint_check CHECK (octet_length(fingerprint) BETWEEN 32 AND 544) NOT VALID;

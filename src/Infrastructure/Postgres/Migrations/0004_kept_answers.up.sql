-- The first answer to each idempotency key, written in the transaction of its effect.

CREATE TABLE kept_answers (
    owner_id    uuid         NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key         varchar(255) NOT NULL CHECK (key ~ '^[!-~]+$'),
    fingerprint bytea        NOT NULL CHECK (octet_length(fingerprint) = 32),
    -- Null only inside of the transaction that makes it. Text, so that it is given again as it was.
    answer      text,
    created_at  timestamptz  NOT NULL,
    PRIMARY KEY (owner_id, key)
);

CREATE INDEX kept_answers_created_idx ON kept_answers (created_at);

-- What a person was answered is theirs: portico_readonly does not see it.
GRANT SELECT, INSERT, UPDATE, DELETE ON kept_answers TO portico_app;

-- The keys of access tokens, each sealed under a key that is not in this database. Who reads the table, or a backup, can't sign.

CREATE TABLE identity.signing_keys (
    id              varchar(43) PRIMARY KEY,
    algorithm       varchar(5)  NOT NULL CHECK (algorithm IN ('RS256', 'ES256')),
    state           varchar(20) NOT NULL CHECK (state IN ('next', 'current', 'previous')),
    sealed_key      bytea       NOT NULL CHECK (octet_length(sealed_key) BETWEEN 64 AND 8192),
    published_at    timestamptz NOT NULL,
    ready_at        timestamptz NOT NULL,
    signs_since     timestamptz,
    published_until timestamptz,
    CONSTRAINT signing_keys_signs_since_check CHECK ((state = 'next') = (signs_since IS NULL)),
    CONSTRAINT signing_keys_published_until_check CHECK ((state = 'previous') = (published_until IS NOT NULL))
);

-- One signs, one waits.
CREATE UNIQUE INDEX signing_keys_state_key ON identity.signing_keys (state) WHERE state <> 'previous';

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.signing_keys TO portico_app;

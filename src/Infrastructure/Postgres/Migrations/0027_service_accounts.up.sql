-- Other services that call Portico as themselves. A deleted one stays, because the audit log names it.
CREATE TABLE identity.service_accounts (
    id           uuid         PRIMARY KEY,
    name         varchar(100) NOT NULL CHECK (name <> ''),
    permissions  text[]       NOT NULL,
    secrets_made integer      NOT NULL CHECK (secrets_made >= 0),
    created_at   timestamptz  NOT NULL,
    created_by   uuid,
    updated_at   timestamptz,
    updated_by   uuid,
    deleted_at   timestamptz,
    deleted_by   uuid,
    version      bigint       NOT NULL
);

-- A secret has 256 random bits, so a plain hash can't be searched.
CREATE TABLE identity.service_secrets (
    id           uuid        PRIMARY KEY,
    account_id   uuid        NOT NULL REFERENCES identity.service_accounts (id) ON DELETE CASCADE,
    hash         bytea       NOT NULL CHECK (length(hash) = 32),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    last_used_at timestamptz
);
CREATE INDEX service_secrets_account_idx ON identity.service_secrets (account_id);

GRANT SELECT, INSERT, UPDATE ON identity.service_accounts TO portico_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.service_secrets TO portico_app;

-- Service accounts send idempotency keys too, and are no users.
ALTER TABLE idempotency_answers DROP CONSTRAINT idempotency_answers_owner_id_fkey;

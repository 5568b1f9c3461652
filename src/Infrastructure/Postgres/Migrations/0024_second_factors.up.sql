-- Authenticator apps. The secret is sealed with Tokens:SealingKey, which the database never has.
CREATE TABLE identity.totp (
    user_id      uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- Without it the app is not active yet.
    confirmed_at timestamptz,
    -- The newest time step whose code was used: no code of it, or of an earlier one, is accepted again.
    last_step    bigint      NOT NULL DEFAULT 0
);

-- A code that was used is deleted. It has 80 random bits, so a plain hash can't be searched.
CREATE TABLE identity.recovery_codes (
    user_id uuid  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE identity.passkeys (
    id            uuid         PRIMARY KEY,
    user_id       uuid         NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id bytea        NOT NULL CHECK (length(credential_id) BETWEEN 1 AND 1023),
    public_key    bytea        NOT NULL,
    sign_count    bigint       NOT NULL CHECK (sign_count >= 0),
    name          varchar(100) NOT NULL CHECK (name <> ''),
    created_at    timestamptz  NOT NULL,
    last_used_at  timestamptz
);
CREATE UNIQUE INDEX passkeys_credential_key ON identity.passkeys (credential_id);
CREATE INDEX passkeys_user_idx ON identity.passkeys (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON identity.totp, identity.passkeys TO portico_app;
GRANT SELECT, INSERT, DELETE ON identity.recovery_codes TO portico_app;

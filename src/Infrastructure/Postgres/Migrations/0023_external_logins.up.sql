-- migrator: allow check: users is read in memory, once
-- The accounts at providers, such as Google, with which users sign in. A login is deleted with its user, and never restored.
CREATE TABLE identity.external_logins (
    id        uuid         PRIMARY KEY,
    user_id   uuid         NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider  varchar(20)  NOT NULL CHECK (provider ~ '^[a-z][a-z0-9-]*$'),
    -- The provider's own id of the account; an address can change hands, a subject can't.
    subject   varchar(255) NOT NULL CHECK (subject <> ''),
    linked_at timestamptz  NOT NULL
);
CREATE UNIQUE INDEX external_logins_identity_key ON identity.external_logins (provider, subject);
CREATE UNIQUE INDEX external_logins_user_key ON identity.external_logins (user_id, provider);

GRANT SELECT, INSERT, DELETE ON identity.external_logins TO portico_app;

-- Some providers give no address: such a user has none, and signs in with the provider only.
ALTER TABLE users DROP CONSTRAINT users_reachable;

-- An address that nobody proved can't be stored, so nobody can plant an account under the address of somebody else.
ALTER TABLE users ADD CONSTRAINT users_verified
    CHECK ((email IS NULL) = (email_verified_at IS NULL) AND (phone IS NULL) = (phone_verified_at IS NULL));

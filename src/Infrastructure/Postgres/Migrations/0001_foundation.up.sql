-- People, their credentials, the reference data that both need, and the outbox.

-- Reference data: the Seeder keeps these equal to the code (`reference`).

CREATE TABLE roles (
    name varchar(20) PRIMARY KEY,
    rank integer     NOT NULL UNIQUE CHECK (rank > 0)
);

CREATE TABLE permissions (
    name varchar(60) PRIMARY KEY
);

CREATE TABLE role_permissions (
    role       varchar(20) NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
    permission varchar(60) NOT NULL REFERENCES permissions (name) ON DELETE CASCADE,
    PRIMARY KEY (role, permission)
);

CREATE INDEX role_permissions_permission_idx ON role_permissions (permission);

CREATE TABLE currencies (
    code     varchar(5)   PRIMARY KEY CHECK (code ~ '^[A-Z]{3,5}$'),
    name     varchar(100) NOT NULL,
    decimals smallint     NOT NULL CHECK (decimals BETWEEN 0 AND 18)
);

-- People.

CREATE TABLE users (
    id                uuid         PRIMARY KEY,
    version           bigint       NOT NULL CHECK (version > 0),
    display_name      varchar(100) NOT NULL CHECK (display_name <> ''),
    email             varchar(254) CHECK (email = lower(email)),
    email_verified_at timestamptz,
    phone             varchar(16)  CHECK (phone ~ '^\+[1-9][0-9]{7,14}$'),
    phone_verified_at timestamptz,
    role              varchar(20)  NOT NULL REFERENCES roles (name),
    status            varchar(20)  NOT NULL CHECK (status IN ('active', 'blocked')),
    locale            varchar(35)  NOT NULL,
    epoch             integer      NOT NULL CHECK (epoch >= 0),
    created_at        timestamptz  NOT NULL,
    created_by        uuid,
    updated_at        timestamptz,
    updated_by        uuid,
    deleted_at        timestamptz,
    deleted_by        uuid,
    CONSTRAINT users_reachable CHECK (email IS NOT NULL OR phone IS NOT NULL)
);

-- Unique over deleted people too: an address is freed only when the retention time is over.
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE UNIQUE INDEX users_phone_key ON users (phone);
CREATE INDEX users_role_idx ON users (role);

-- What signs people in, apart from who they are.

CREATE SCHEMA identity;

CREATE TABLE identity.credentials (
    id                   uuid         PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    user_name            varchar(36)  NOT NULL,
    normalized_user_name varchar(36)  NOT NULL,
    password_hash        varchar(400),
    security_stamp       varchar(64)  NOT NULL,
    concurrency_stamp    varchar(36)  NOT NULL
);

CREATE UNIQUE INDEX credentials_user_name_key ON identity.credentials (normalized_user_name);

-- Events leave by this table: a row is written in the transaction of its change.

CREATE TABLE outbox (
    id                uuid         PRIMARY KEY,
    aggregate_type    varchar(60)  NOT NULL,
    aggregate_id      uuid         NOT NULL,
    aggregate_version bigint       NOT NULL CHECK (aggregate_version > 0),
    type              varchar(100) NOT NULL,
    payload           jsonb        NOT NULL,
    trace_parent      varchar(55),
    occurred_at       timestamptz  NOT NULL,
    published_at      timestamptz
);

-- One event a version: a second writer of the same version is refused here.
CREATE UNIQUE INDEX outbox_aggregate_key ON outbox (aggregate_id, aggregate_version);
-- What the relay reads, however long the table of published rows has grown.
CREATE INDEX outbox_unpublished_idx ON outbox (occurred_at) WHERE published_at IS NULL;

GRANT USAGE ON SCHEMA identity TO portico_app;
GRANT SELECT ON roles, permissions, role_permissions, currencies TO portico_app;
GRANT INSERT, UPDATE, DELETE ON roles, permissions, role_permissions, currencies TO portico_app;
GRANT SELECT, INSERT, UPDATE ON users TO portico_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON identity.credentials TO portico_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO portico_app;

-- Everything but what signs people in.
GRANT SELECT ON roles, permissions, role_permissions, currencies, users, outbox TO portico_readonly;

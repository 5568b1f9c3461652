-- Game characters: the plain record that a person owns.

CREATE TABLE characters (
    id           uuid         PRIMARY KEY,
    owner_id     uuid         NOT NULL REFERENCES users (id),
    version      bigint       NOT NULL CHECK (version > 0),
    name         varchar(100) NOT NULL CHECK (name <> ''),
    class        varchar(50)  NOT NULL CHECK (class <> ''),
    level        integer      NOT NULL CHECK (level BETWEEN 1 AND 20),
    strength     integer      NOT NULL CHECK (strength BETWEEN 1 AND 30),
    dexterity    integer      NOT NULL CHECK (dexterity BETWEEN 1 AND 30),
    constitution integer      NOT NULL CHECK (constitution BETWEEN 1 AND 30),
    intelligence integer      NOT NULL CHECK (intelligence BETWEEN 1 AND 30),
    wisdom       integer      NOT NULL CHECK (wisdom BETWEEN 1 AND 30),
    charisma     integer      NOT NULL CHECK (charisma BETWEEN 1 AND 30),
    created_at   timestamptz  NOT NULL,
    created_by   uuid,
    updated_at   timestamptz,
    updated_by   uuid,
    deleted_at   timestamptz,
    deleted_by   uuid
);

CREATE INDEX characters_owner_idx ON characters (owner_id, created_at);
-- What is purged, and what administrators look for.
CREATE INDEX characters_deleted_idx ON characters (deleted_at) WHERE deleted_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON characters TO portico_app;
GRANT SELECT ON characters TO portico_readonly;

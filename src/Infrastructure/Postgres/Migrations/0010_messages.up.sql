-- What keeps an event from having its effect twice, what becomes of events that can't be handled, and messages on their way to people.

-- A handler's row for an event is written in the transaction of its effect.
CREATE TABLE inbox (
    event_id   uuid        NOT NULL,
    handler    varchar(60) NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event_id, handler)
);

CREATE INDEX inbox_handled_idx ON inbox (handled_at);

CREATE TABLE dead_events (
    id              uuid         PRIMARY KEY,
    handler         varchar(60)  NOT NULL,
    -- As it came: it may be no event at all.
    envelope        bytea        NOT NULL CHECK (length(envelope) <= 1048576),
    reason          varchar(500) NOT NULL,
    died_at         timestamptz  NOT NULL DEFAULT now(),
    replay_asked_at timestamptz
);

-- The same event dies once: whoever wrote it down and then crashed meets it again.
CREATE UNIQUE INDEX dead_events_envelope_key ON dead_events (handler, sha256(envelope));
CREATE INDEX dead_events_replay_idx ON dead_events (replay_asked_at) WHERE replay_asked_at IS NOT NULL;
CREATE INDEX dead_events_died_idx ON dead_events (died_at);

CREATE TABLE messages (
    id         uuid         PRIMARY KEY,
    event_id   uuid         NOT NULL,
    user_id    uuid         NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    template   varchar(40)  NOT NULL,
    fields     jsonb        NOT NULL CHECK (jsonb_typeof(fields) = 'object' AND length(fields::text) <= 8192),
    channel    varchar(10)  NOT NULL CHECK (channel IN ('email', 'phone')),
    address    varchar(254) NOT NULL,
    locale     varchar(35)  NOT NULL,
    status     varchar(10)  NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'dead')),
    queued_at  timestamptz  NOT NULL DEFAULT now(),
    -- When it may be tried: after a pause, or when whoever took it must be dead.
    due_at     timestamptz  NOT NULL DEFAULT now(),
    -- When it was sent, or began to be: such count towards the daily cap of the address.
    tried_at   timestamptz,
    tries      integer      NOT NULL DEFAULT 0 CHECK (tries >= 0),
    done_at    timestamptz,
    reason     varchar(500)
);

CREATE UNIQUE INDEX messages_event_key ON messages (event_id, user_id, template, address);
CREATE INDEX messages_user_idx ON messages (user_id);
CREATE INDEX messages_due_idx ON messages (due_at) WHERE status = 'queued';
CREATE INDEX messages_address_idx ON messages (address, tried_at) WHERE tried_at IS NOT NULL;
CREATE INDEX messages_done_idx ON messages (status, done_at) WHERE status <> 'queued';

-- From where a person has signed in: enough to know it again, too little to say where it is.
CREATE TABLE known_devices (
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    fingerprint bytea       NOT NULL CHECK (length(fingerprint) = 32),
    seen_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, fingerprint)
);

GRANT SELECT, INSERT, DELETE ON inbox, known_devices TO portico_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_events, messages TO portico_app;
-- The others tell what people were written, and what events held.
GRANT SELECT ON inbox TO portico_readonly;

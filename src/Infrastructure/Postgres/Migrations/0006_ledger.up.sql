-- Wallets, and the double-entry ledger that keeps their money.

-- What people see of a wallet; its money is in the account with the same id.

CREATE TABLE wallets (
    id         uuid         PRIMARY KEY,
    version    bigint       NOT NULL CHECK (version > 0),
    owner_id   uuid         NOT NULL REFERENCES users (id),
    name       varchar(100) NOT NULL CHECK (name <> ''),
    currency   varchar(5)   NOT NULL,
    status     varchar(20)  NOT NULL CHECK (status IN ('open', 'closed')),
    created_at timestamptz  NOT NULL,
    created_by uuid,
    updated_at timestamptz,
    updated_by uuid,
    deleted_at timestamptz,
    deleted_by uuid
);

CREATE INDEX wallets_owner_id_idx ON wallets (owner_id, id);

-- All amounts are whole minor units of the account's currency: no rounding can hide in a scale, and 18 decimals have room.
-- The widest is what .NET's decimal holds exactly, 2^96 - 1, because every reader of these numbers is written with it.

CREATE SCHEMA ledger;

-- One narrow row an account, locked by whoever moves its money. Nothing refers to it by a foreign key, which would lock it too,
-- and no index stands on a column that changes, so that every update is a heap-only one on the same page.
CREATE TABLE ledger.accounts (
    id            uuid          PRIMARY KEY,
    kind          varchar(20)   NOT NULL CHECK (kind IN ('wallet', 'cash', 'liquidity', 'fees', 'rounding')),
    owner_id      uuid,
    currency      varchar(5)    NOT NULL REFERENCES currencies (code),
    status        varchar(20)   NOT NULL CHECK (status IN ('open', 'closed')),
    posted        numeric(38,0) NOT NULL,
    held          numeric(38,0) NOT NULL,
    min_available numeric(38,0),
    version       bigint        NOT NULL CHECK (version >= 0),
    recorded_at   timestamptz   NOT NULL,
    CONSTRAINT accounts_owned CHECK ((kind = 'wallet') = (owner_id IS NOT NULL)),
    CONSTRAINT accounts_held CHECK (held >= 0),
    CONSTRAINT accounts_available CHECK (min_available IS NULL OR posted - held >= min_available),
    CONSTRAINT accounts_bounds CHECK (abs(posted) <= 79228162514264337593543950335 AND held <= 79228162514264337593543950335),
    CONSTRAINT accounts_closed_empty CHECK (status = 'open' OR (posted = 0 AND held = 0))
) WITH (fillfactor = 50);

-- What happened: one amount, from one account to another or reserved for it. Never changed.
CREATE TABLE ledger.journals (
    id             uuid          PRIMARY KEY,
    kind           varchar(20)   NOT NULL CHECK (kind IN ('transfer', 'deposit', 'withdrawal', 'reversal', 'capture', 'hold', 'void', 'expiry')),
    source_id      uuid          NOT NULL,
    destination_id uuid          NOT NULL,
    currency       varchar(5)    NOT NULL,
    amount         numeric(38,0) NOT NULL CHECK (amount > 0),
    -- The batch that it stood or fell with.
    operation_id   uuid,
    reverses_id    uuid,
    hold_id        uuid,
    -- Who asked for it; null is the system itself.
    initiated_by   uuid,
    description    varchar(200),
    recorded_at    timestamptz   NOT NULL,
    CONSTRAINT journals_moves CHECK (source_id <> destination_id),
    CONSTRAINT journals_reversal CHECK ((kind = 'reversal') = (reverses_id IS NOT NULL)),
    CONSTRAINT journals_hold CHECK ((kind IN ('capture', 'hold', 'void', 'expiry')) = (hold_id IS NOT NULL))
);

-- How much of an original was reversed.
CREATE INDEX journals_reverses_id_idx ON ledger.journals (reverses_id) WHERE reverses_id IS NOT NULL;

-- What it did to an account: one row each version. The key makes a lost update a unique violation, and pages the history.
-- recorded_at is the journal's, kept here too: it rises with the version, so that an instant is found by halving.
CREATE TABLE ledger.postings (
    account_id      uuid          NOT NULL,
    account_version bigint        NOT NULL CHECK (account_version > 0),
    journal_id      uuid          NOT NULL,
    amount          numeric(38,0) NOT NULL,
    posted_after    numeric(38,0) NOT NULL,
    held_after      numeric(38,0) NOT NULL CHECK (held_after >= 0),
    recorded_at     timestamptz   NOT NULL,
    PRIMARY KEY (account_id, account_version)
);

-- Money reserved for a movement that may follow. Changed only under the lock of its source.
CREATE TABLE ledger.holds (
    id             uuid          PRIMARY KEY,
    version        bigint        NOT NULL CHECK (version > 0),
    source_id      uuid          NOT NULL,
    destination_id uuid          NOT NULL,
    currency       varchar(5)    NOT NULL,
    amount         numeric(38,0) NOT NULL CHECK (amount > 0),
    captured       numeric(38,0) NOT NULL,
    status         varchar(20)   NOT NULL CHECK (status IN ('open', 'captured', 'voided', 'expired')),
    description    varchar(200),
    created_by     uuid,
    recorded_at    timestamptz   NOT NULL,
    expires_at     timestamptz   NOT NULL,
    CONSTRAINT holds_captured CHECK (captured BETWEEN 0 AND amount AND (status = 'captured') = (captured = amount))
);

-- What the sweeper reads.
CREATE INDEX holds_open_idx ON ledger.holds (expires_at) WHERE status = 'open';
-- A person may have many open holds in one wallet; closed ones are history.
CREATE INDEX holds_source_id_idx ON ledger.holds (source_id) WHERE status = 'open';

-- What was answered to a key, written in the transaction of its effect. A refusal has its row too.
CREATE TABLE ledger.idempotency (
    owner_id    uuid         NOT NULL,
    key         varchar(255) NOT NULL,
    fingerprint bytea        NOT NULL CHECK (octet_length(fingerprint) = 32),
    outcome     text         NOT NULL,
    recorded_at timestamptz  NOT NULL,
    PRIMARY KEY (owner_id, key)
);

-- Rows come in the order of their time, so ninety days are a range of pages.
CREATE INDEX idempotency_recorded_at_idx ON ledger.idempotency USING brin (recorded_at);

-- History is written once, whoever asks.

CREATE TRIGGER journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.journals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger.journals ENABLE ALWAYS TRIGGER journals_append_only;
ALTER TABLE ledger.postings ENABLE ALWAYS TRIGGER postings_append_only;

-- The last version of an account that was recorded at an instant; 0 before the first. Reads about log2(version) postings.
CREATE FUNCTION ledger.version_at(account uuid, instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    earlier bigint := 0;
    later   bigint := coalesce((SELECT version FROM ledger.accounts WHERE id = account), 0) + 1;
    middle  bigint;
BEGIN
    WHILE later - earlier > 1 LOOP
        middle := (earlier + later) / 2;
        IF (SELECT recorded_at FROM ledger.postings WHERE account_id = account AND account_version = middle) <= instant THEN
            earlier := middle;
        ELSE
            later := middle;
        END IF;
    END LOOP;
    RETURN earlier;
END
$$;

-- The writer's guard: fails the transaction in which other rows changed than were locked.
CREATE FUNCTION ledger.expect_rows(actual bigint, expected bigint) RETURNS void LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF actual <> expected THEN
        RAISE EXCEPTION '% accounts were changed instead of %', actual, expected USING ERRCODE = 'serialization_failure';
    END IF;
END
$$;

GRANT USAGE ON SCHEMA ledger TO portico_app, portico_readonly;
GRANT SELECT, INSERT, UPDATE ON wallets TO portico_app;
GRANT SELECT, INSERT, UPDATE ON ledger.accounts, ledger.holds TO portico_app;
GRANT SELECT, INSERT ON ledger.journals, ledger.postings TO portico_app;
GRANT SELECT, INSERT, DELETE ON ledger.idempotency TO portico_app;
GRANT SELECT ON wallets, ledger.accounts, ledger.journals, ledger.postings, ledger.holds, ledger.idempotency TO portico_readonly;

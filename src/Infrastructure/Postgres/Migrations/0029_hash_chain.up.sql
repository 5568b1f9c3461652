-- migrator: allow index: BRIN indexes are made in one pass over the table, some seconds for a hundred million rows
-- The hash chain of the ledger: blocks of journals and their postings, sealed after their commits.

-- Which transaction wrote a journal. Blocks follow it up to the oldest transaction that is under way, so that no late commit is left out.
-- Journals of before this migration have none. The default is added apart, so that the table is not rewritten.
ALTER TABLE ledger.journals ADD COLUMN transaction_id bigint;
ALTER TABLE ledger.journals ALTER COLUMN transaction_id SET DEFAULT pg_current_xact_id()::text::bigint;

-- How the sealer finds new journals and their postings: ranges of pages, because both columns rise with the place in the table.
CREATE INDEX journals_transaction_id_idx ON ledger.journals USING brin (transaction_id) WITH (autosummarize = on);
CREATE INDEX postings_recorded_at_idx ON ledger.postings USING brin (recorded_at) WITH (autosummarize = on);

-- The keys that sign heads. A public key stays for ever; only the key that signs has its private half, sealed under a key that is not in
-- this database.
CREATE TABLE ledger.chain_keys (
    id         varchar(43) PRIMARY KEY,
    public_key bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    sealed_key bytea       CHECK (octet_length(sealed_key) BETWEEN 64 AND 8192),
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX chain_keys_one_signs ON ledger.chain_keys ((true)) WHERE sealed_key IS NOT NULL;

-- The two keys make a fork impossible: a height is taken once, and a block has one successor.
CREATE TABLE ledger.blocks (
    height              bigint      PRIMARY KEY CHECK (height > 0),
    format              integer     NOT NULL,
    previous_hash       bytea       NOT NULL CONSTRAINT blocks_previous_hash_key UNIQUE CHECK (octet_length(previous_hash) = 32),
    root                bytea       NOT NULL CHECK (octet_length(root) = 32),
    journals            integer     NOT NULL CHECK (journals > 0),
    -- Blinds the part of a leaf that its receipt does not show.
    salt                bytea       NOT NULL CHECK (octet_length(salt) = 32),
    sealed_at           timestamptz NOT NULL,
    -- The database cluster, and its last sealed transaction and journal; null while journals of before the chain, or of another cluster,
    -- are sealed.
    system_id           bigint      NOT NULL,
    up_to_transaction   bigint,
    up_to_journal       uuid,
    hash                bytea       NOT NULL CHECK (octet_length(hash) = 32),
    key_id              varchar(43) NOT NULL,
    signature           bytea       NOT NULL CHECK (octet_length(signature) = 64),
    CONSTRAINT blocks_up_to CHECK ((up_to_transaction IS NULL) = (up_to_journal IS NULL))
);

-- The key lets a journal be sealed once.
CREATE TABLE ledger.block_journals (
    journal_id uuid    PRIMARY KEY,
    height     bigint  NOT NULL,
    position   integer NOT NULL CHECK (position >= 0),
    leaf_hash  bytea   NOT NULL CHECK (octet_length(leaf_hash) = 32)
);
-- Blocks are written one after the other.
CREATE INDEX block_journals_height_idx ON ledger.block_journals USING brin (height) WITH (pages_per_range = 16, autosummarize = on);

CREATE TRIGGER blocks_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.blocks
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER block_journals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.block_journals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER chain_keys_stay BEFORE UPDATE OF id, public_key, created_at OR DELETE OR TRUNCATE ON ledger.chain_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger.blocks ENABLE ALWAYS TRIGGER blocks_append_only;
ALTER TABLE ledger.block_journals ENABLE ALWAYS TRIGGER block_journals_append_only;
ALTER TABLE ledger.chain_keys ENABLE ALWAYS TRIGGER chain_keys_stay;

GRANT SELECT, INSERT ON ledger.blocks, ledger.block_journals TO portico_app;
GRANT SELECT, INSERT, UPDATE (sealed_key) ON ledger.chain_keys TO portico_app;
GRANT SELECT ON ledger.blocks, ledger.block_journals TO portico_readonly;
GRANT SELECT (id, public_key, created_at) ON ledger.chain_keys TO portico_readonly;

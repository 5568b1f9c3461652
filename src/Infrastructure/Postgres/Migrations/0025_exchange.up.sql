-- Exchange of currencies: rates, quotes, and what was exchanged.

-- One rate a pair of currencies, for both directions.
CREATE TABLE exchange_rates (
    id             uuid           PRIMARY KEY,
    version        bigint         NOT NULL CHECK (version > 0),
    base           varchar(5)     NOT NULL,
    quote          varchar(5)     NOT NULL,
    rate           numeric(28,12) NOT NULL CHECK (rate > 0),
    spread         numeric(28,12) NOT NULL CHECK (spread BETWEEN 0 AND 0.5),
    valid_until    timestamptz    NOT NULL,
    created_at     timestamptz    NOT NULL,
    created_by     uuid,
    updated_at     timestamptz,
    updated_by     uuid,
    CONSTRAINT exchange_rates_two CHECK (base <> quote)
);
CREATE UNIQUE INDEX exchange_rates_pair ON exchange_rates (least(base, quote), greatest(base, quote));

-- What a user was offered. Old ones are removed: what was accepted is in ledger.exchanges.
CREATE TABLE exchange_quotes (
    id              uuid          PRIMARY KEY,
    owner_id        uuid          NOT NULL REFERENCES users (id),
    from_wallet_id  uuid          NOT NULL,
    to_wallet_id    uuid          NOT NULL,
    sold_currency   varchar(5)    NOT NULL,
    sold            numeric(38,0) NOT NULL CHECK (sold > 0),
    bought_currency varchar(5)    NOT NULL,
    bought          numeric(38,0) NOT NULL CHECK (bought > 0),
    fee             numeric(38,0) NOT NULL CHECK (fee >= 0 AND fee < sold),
    rounded         numeric(38,0) NOT NULL CHECK (rounded >= 0),
    price           varchar(60)   NOT NULL,
    rounding        varchar(60)   NOT NULL,
    created_at      timestamptz   NOT NULL,
    expires_at      timestamptz   NOT NULL
);
CREATE INDEX exchange_quotes_owner_id_idx ON exchange_quotes (owner_id, expires_at);
CREATE INDEX exchange_quotes_expires_at_idx ON exchange_quotes (expires_at);

-- The key makes a quote that is used twice a unique violation. Never changed.
CREATE TABLE ledger.exchanges (
    id              uuid          PRIMARY KEY,
    owner_id        uuid          NOT NULL,
    source_id       uuid          NOT NULL,
    destination_id  uuid          NOT NULL,
    sold_currency   varchar(5)    NOT NULL,
    sold            numeric(38,0) NOT NULL CHECK (sold > 0),
    bought_currency varchar(5)    NOT NULL,
    bought          numeric(38,0) NOT NULL CHECK (bought > 0),
    -- A part of what was sold.
    fee             numeric(38,0) NOT NULL CHECK (fee >= 0 AND fee < sold),
    -- The whole minor units of the bought currency that went to the account of rounding; the rest stayed in that of liquidity.
    rounded         numeric(38,0) NOT NULL CHECK (rounded >= 0),
    price           varchar(60)   NOT NULL,
    rounding        varchar(60)   NOT NULL,
    recorded_at     timestamptz   NOT NULL,
    CONSTRAINT exchanges_two CHECK (sold_currency <> bought_currency)
);
CREATE TRIGGER exchanges_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.exchanges
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger.exchanges ENABLE ALWAYS TRIGGER exchanges_append_only;

-- Validated by the next migration, which locks out nobody.
ALTER TABLE ledger.journals DROP CONSTRAINT journals_kind_check;
ALTER TABLE ledger.journals ADD CONSTRAINT journals_kind_check CHECK (kind IN (
    'transfer', 'deposit', 'withdrawal', 'reversal', 'capture', 'hold', 'void', 'expiry', 'exchange', 'fee', 'rounding')) NOT VALID;

GRANT SELECT, INSERT, UPDATE ON exchange_rates TO portico_app;
GRANT SELECT, INSERT, DELETE ON exchange_quotes TO portico_app;
GRANT SELECT, INSERT ON ledger.exchanges TO portico_app;
GRANT SELECT ON exchange_rates, exchange_quotes, ledger.exchanges TO portico_readonly;

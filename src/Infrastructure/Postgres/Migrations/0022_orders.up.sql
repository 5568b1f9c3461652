-- migrator: allow check: ledger.accounts has a row for each wallet, and is read in memory
-- What users pay for orders goes to a system account of its own. The Seeder adds the accounts (`reference`).
ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_kind_check;
ALTER TABLE ledger.accounts ADD CONSTRAINT accounts_kind_check
    CHECK (kind IN ('wallet', 'cash', 'liquidity', 'fees', 'rounding', 'sales'));

-- One row for each order that is being placed or cancelled, in two services and the ledger. It is written before the first step and
-- removed in the transaction that ends the work. What a crash leaves is taken over when the lease ends.
CREATE TABLE order_sagas (
    order_id        uuid          PRIMARY KEY,
    kind            varchar(20)   NOT NULL CHECK (kind IN ('place', 'cancel')),
    owner_id        uuid          NOT NULL,
    -- The key of the request; it is free again when the request ends without an answer of its own.
    idempotency_key varchar(255)  NOT NULL,
    -- What is held, in minor units; only for an order that is being placed.
    wallet_id       uuid,
    amount          numeric(38,0) CHECK (amount > 0),
    currency        varchar(5),
    trace_parent    varchar(55),
    started_at      timestamptz   NOT NULL,
    attempts        integer       NOT NULL CHECK (attempts > 0),
    lease_id        uuid          NOT NULL,
    leased_until    timestamptz   NOT NULL,
    CONSTRAINT order_sagas_money CHECK (
        (kind = 'place') = (wallet_id IS NOT NULL) AND (kind = 'place') = (amount IS NOT NULL) AND (kind = 'place') = (currency IS NOT NULL))
);
CREATE UNIQUE INDEX order_sagas_key ON order_sagas (owner_id, idempotency_key);
CREATE INDEX order_sagas_leased_until_idx ON order_sagas (leased_until);

GRANT SELECT, INSERT, DELETE, UPDATE (attempts, lease_id, leased_until) ON order_sagas TO portico_app;
GRANT SELECT ON order_sagas TO portico_readonly;

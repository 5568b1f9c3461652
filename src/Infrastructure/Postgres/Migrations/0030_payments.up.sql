-- migrator: allow check: ledger.accounts has a row for each wallet, and is read in memory
-- Payments by providers. Their money goes through accounts of their own; the Seeder adds the accounts (`reference`).
ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_kind_check;
ALTER TABLE ledger.accounts ADD CONSTRAINT accounts_kind_check CHECK (kind IN (
    'wallet', 'cash', 'liquidity', 'fees', 'rounding', 'sales', 'stripeClearing', 'yookassaClearing', 'providerFees', 'suspense'));

-- Validated by the next migration, which locks out nobody.
ALTER TABLE ledger.journals DROP CONSTRAINT journals_kind_check;
ALTER TABLE ledger.journals ADD CONSTRAINT journals_kind_check CHECK (kind IN (
    'transfer', 'deposit', 'withdrawal', 'reversal', 'capture', 'hold', 'void', 'expiry', 'exchange', 'fee', 'rounding',
    'providerFee')) NOT VALID;

CREATE TABLE payments (
    id              uuid          PRIMARY KEY,
    version         bigint        NOT NULL CHECK (version > 0),
    owner_id        uuid          NOT NULL REFERENCES users (id),
    wallet_id       uuid          NOT NULL,
    provider        varchar(20)   NOT NULL CHECK (provider IN ('stripe', 'yookassa')),
    amount          numeric(38,0) NOT NULL CHECK (amount > 0),
    currency        varchar(5)    NOT NULL,
    status          varchar(20)   NOT NULL CHECK (status IN ('created', 'pending', 'succeeded', 'uncredited', 'canceled')),
    return_url      varchar(2048) NOT NULL,
    -- The idempotency key of a request that is not answered yet.
    request_key     varchar(255),
    provider_id     varchar(100),
    -- A URL or a secret to pay with, until the payment has ended.
    confirmation    varchar(2048),
    captured        numeric(38,0) CHECK (captured > 0),
    -- What the provider charged; it may be 0.
    fee             numeric(38,0) CHECK (fee >= 0),
    refunded        numeric(38,0) NOT NULL CHECK (refunded >= 0),
    failure         varchar(60),
    needs_attention boolean       NOT NULL,
    created_at      timestamptz   NOT NULL,
    ended_at        timestamptz,
    CONSTRAINT payments_received CHECK ((status IN ('succeeded', 'uncredited')) = (captured IS NOT NULL)),
    CONSTRAINT payments_refunded CHECK (refunded <= coalesce(captured, 0))
);
CREATE UNIQUE INDEX payments_provider_id_key ON payments (provider, provider_id);
CREATE INDEX payments_owner_id_idx ON payments (owner_id, created_at, id);
CREATE INDEX payments_needs_attention_idx ON payments (created_at, id) WHERE needs_attention;

CREATE TABLE payment_refunds (
    id           uuid          PRIMARY KEY,
    owner_id     uuid          NOT NULL REFERENCES users (id),
    payment_id   uuid          NOT NULL REFERENCES payments (id),
    amount       numeric(38,0) NOT NULL CHECK (amount > 0),
    currency     varchar(5)    NOT NULL,
    status       varchar(20)   NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
    provider_id  varchar(100),
    is_external  boolean       NOT NULL,
    requested_by uuid,
    reason       varchar(200),
    failure      varchar(60),
    created_at   timestamptz   NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX payment_refunds_payment_id_idx ON payment_refunds (payment_id);
CREATE INDEX payment_refunds_owner_id_idx ON payment_refunds (owner_id);

-- The payments that need work. A row is removed when nothing is left to do, so the table is as small as the work in progress.
CREATE TABLE payment_work (
    payment_id   uuid        PRIMARY KEY REFERENCES payments (id),
    due_at       timestamptz NOT NULL,
    -- How often somebody asked for work. Who ends a lease sees from it that somebody asked meanwhile.
    wakes        bigint      NOT NULL DEFAULT 0,
    attempts     integer     NOT NULL DEFAULT 0,
    lease_id     uuid,
    leased_until timestamptz,
    CONSTRAINT payment_work_lease CHECK ((lease_id IS NULL) = (leased_until IS NULL))
);
CREATE INDEX payment_work_due_at_idx ON payment_work (due_at);

-- What providers told, without the body: what happened is asked for at the provider.
CREATE TABLE payment_webhooks (
    provider            varchar(20)  NOT NULL,
    event_id            varchar(200) NOT NULL,
    kind                varchar(100) NOT NULL,
    provider_payment_id varchar(100) NOT NULL,
    received_at         timestamptz  NOT NULL,
    times               integer      NOT NULL DEFAULT 1,
    due_at              timestamptz  NOT NULL,
    attempts            integer      NOT NULL DEFAULT 0,
    handled_at          timestamptz,
    PRIMARY KEY (provider, event_id)
);
CREATE INDEX payment_webhooks_due_at_idx ON payment_webhooks (due_at) WHERE handled_at IS NULL;
CREATE INDEX payment_webhooks_received_at_idx ON payment_webhooks (received_at);

GRANT SELECT, INSERT, UPDATE ON payments, payment_refunds TO portico_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON payment_work, payment_webhooks TO portico_app;
GRANT SELECT ON payments, payment_refunds, payment_work, payment_webhooks TO portico_readonly;

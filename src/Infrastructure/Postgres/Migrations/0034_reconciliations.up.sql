-- Reports of payment providers that were compared with the clearing accounts, and what differed.

-- The id that DerivedIds.Of makes of a UUID v7. Without a sub-select, so that the planner puts it into the query.
CREATE FUNCTION ledger.derived_id(id uuid, purpose bytea) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    -- Bits of a byte are numbered from the lowest: version 7 in the first byte of the hash that is used, the variant in the third.
    SELECT encode(
        substring(uuid_send(id) FROM 1 FOR 6)
            || set_bit(set_bit(set_bit(set_bit(set_bit(set_bit(
                substring(sha256(uuid_send(id) || purpose) FROM 7 FOR 10), 7, 0), 6, 1), 5, 1), 4, 1), 23, 1), 22, 0),
        'hex')::uuid
$$;

CREATE TABLE ledger.reconciliations (
    id              uuid        PRIMARY KEY,
    provider        varchar(20) NOT NULL CHECK (provider IN ('stripe', 'yookassa')),
    period_start    timestamptz NOT NULL,
    period_end      timestamptz NOT NULL,
    covers_payments boolean     NOT NULL,
    covers_refunds  boolean     NOT NULL,
    file_sha256     bytea       NOT NULL CHECK (octet_length(file_sha256) = 32),
    repeat_of       uuid,
    rows            integer     NOT NULL CHECK (rows >= 0),
    rows_outside    integer     NOT NULL CHECK (rows_outside >= 0),
    matched         integer     NOT NULL CHECK (matched >= 0),
    late            integer     NOT NULL,
    missing_here    integer     NOT NULL,
    missing_there   integer     NOT NULL,
    twice           integer     NOT NULL,
    wrong_currency  integer     NOT NULL,
    wrong_amount    integer     NOT NULL,
    wrong_fee       integer     NOT NULL,
    created_at      timestamptz NOT NULL,
    created_by      uuid,
    CONSTRAINT reconciliations_period CHECK (period_start < period_end)
);
CREATE INDEX reconciliations_file_sha256_idx ON ledger.reconciliations (file_sha256);

CREATE TABLE ledger.reconciliation_totals (
    reconciliation_id uuid          NOT NULL REFERENCES ledger.reconciliations (id),
    name              varchar(60)   NOT NULL,
    is_compared       boolean       NOT NULL,
    currency          varchar(5)    NOT NULL,
    reported_count    integer       NOT NULL,
    reported          numeric(38,0) NOT NULL,
    reported_fee      numeric(38,0) NOT NULL,
    booked_count      integer       NOT NULL,
    booked            numeric(38,0) NOT NULL,
    booked_fee        numeric(38,0) NOT NULL,
    PRIMARY KEY (reconciliation_id, is_compared, name, currency)
);

CREATE TABLE ledger.reconciliation_differences (
    reconciliation_id uuid         NOT NULL REFERENCES ledger.reconciliations (id),
    number            integer      NOT NULL CHECK (number > 0),
    kind              varchar(20)  NOT NULL CHECK (kind IN (
        'late', 'missingHere', 'missingThere', 'twice', 'wrongCurrency', 'wrongAmount', 'wrongFee')),
    provider          varchar(20)  NOT NULL,
    subject           varchar(20)  NOT NULL CHECK (subject IN ('payment', 'refund', 'failedRefund', 'journal')),
    provider_id       varchar(100),
    payment_id        uuid,
    line              integer,
    reported_times    integer,
    reported_currency varchar(5),
    reported_amount   numeric(38,0),
    reported_fee      numeric(38,0),
    reported_at       timestamptz,
    journal_id        uuid,
    booked_times      integer,
    booked_currency   varchar(5),
    booked_amount     numeric(38,0),
    booked_fee        numeric(38,0),
    booked_at         timestamptz,
    PRIMARY KEY (reconciliation_id, number),
    CONSTRAINT reconciliation_differences_sides CHECK (line IS NOT NULL OR journal_id IS NOT NULL)
);
-- What was late in one period is expected without a row of the report in the next.
CREATE INDEX reconciliation_differences_late_idx ON ledger.reconciliation_differences (provider_id) WHERE kind = 'late';

-- The rows of the report that is being compared. They are removed in the same transaction, so nobody else sees any.
CREATE UNLOGGED TABLE ledger.reconciliation_rows (
    reconciliation_id uuid          NOT NULL,
    line              integer       NOT NULL,
    subject           varchar(60)   COLLATE "C" NOT NULL,
    is_compared       boolean       NOT NULL,
    provider_id       varchar(100)  NOT NULL,
    currency          varchar(5)    COLLATE "C" NOT NULL,
    amount            numeric(38,0) NOT NULL,
    fee               numeric(38,0),
    at                timestamptz   NOT NULL
);

GRANT SELECT, INSERT ON ledger.reconciliations, ledger.reconciliation_totals, ledger.reconciliation_differences TO portico_app;
GRANT SELECT, INSERT, DELETE ON ledger.reconciliation_rows TO portico_app;
GRANT SELECT ON ledger.reconciliations, ledger.reconciliation_totals, ledger.reconciliation_differences TO portico_readonly;

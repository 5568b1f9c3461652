-- A ledger as it is mostly written in SQL: a function a transfer, which locks both rows, books both sides and commits alone.
-- It has no people, keys, holds or events, so it does less a transfer than Portico does.

CREATE TABLE accounts (
    id      bigint  PRIMARY KEY,
    balance numeric NOT NULL DEFAULT 0,
    version bigint  NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE transfers (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payer      bigint      NOT NULL,
    payee      bigint      NOT NULL,
    amount     numeric     NOT NULL CHECK (amount > 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE entries (
    account_id    bigint  NOT NULL,
    version       bigint  NOT NULL,
    transfer_id   bigint  NOT NULL,
    amount        numeric NOT NULL,
    balance_after numeric NOT NULL,
    PRIMARY KEY (account_id, version)
);

INSERT INTO accounts (id) SELECT generate_series(1, 10000);

CREATE FUNCTION transfer(payer bigint, payee bigint, amount numeric) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    IF payer = payee THEN
        RETURN NULL;
    END IF;

    -- In one order, so that opposite transfers wait for each other instead of blocking for good.
    PERFORM FROM accounts WHERE id IN (payer, payee) ORDER BY id FOR NO KEY UPDATE;
    INSERT INTO transfers (payer, payee, amount) VALUES (transfer.payer, transfer.payee, transfer.amount) RETURNING id INTO made;
    WITH moved AS (
        UPDATE accounts a SET balance = balance + m.change, version = version + 1
        FROM (VALUES (transfer.payer, -transfer.amount), (transfer.payee, transfer.amount)) AS m (id, change)
        WHERE a.id = m.id
        RETURNING a.id, a.version, m.change, a.balance)
    INSERT INTO entries (account_id, version, transfer_id, amount, balance_after) SELECT id, version, made, change, balance FROM moved;
    RETURN made;
END
$$;

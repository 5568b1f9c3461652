-- The catalogue of products and the orders of users. The schema changes only here.

-- Few and stable, so the migration holds them. decimals: how many digits an amount has after the point (ISO 4217).
CREATE TABLE currencies (
    code     text     PRIMARY KEY CHECK (code ~ '^[A-Z]{3,4}$'),
    decimals smallint NOT NULL CHECK (decimals BETWEEN 0 AND 8)
);
INSERT INTO currencies (code, decimals) VALUES
    ('CHF', 2), ('CZK', 2), ('DKK', 2), ('EUR', 2), ('GBP', 2), ('JPY', 0), ('KZT', 2), ('NOK', 2), ('PLN', 2), ('RUB', 2),
    ('SEK', 2), ('TRY', 2), ('USD', 2);

-- Prices are whole minor units, such as cents. A product is never deleted, because orders refer to it: it goes off sale.
CREATE TABLE products (
    id          uuid        PRIMARY KEY,
    name        text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description text        NOT NULL CHECK (length(description) <= 2000),
    price       bigint      NOT NULL CHECK (price BETWEEN 1 AND 1000000000000),
    currency    text        NOT NULL REFERENCES currencies,
    is_on_sale  boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX products_by_name ON products (name, id) WHERE is_on_sale;

-- One row for each user who has ordered. A change of an order locks the row of its owner, so the changes of one owner are
-- numbered in the order in which they commit, and the numbers of orders are exact.
CREATE TABLE order_owners (
    id      uuid    PRIMARY KEY,
    change  bigint  NOT NULL CHECK (change >= 0),
    orders  integer NOT NULL CHECK (orders >= 0),
    pending integer NOT NULL CHECK (pending BETWEEN 0 AND orders)
);

CREATE TABLE orders (
    id            uuid        PRIMARY KEY,
    owner_id      uuid        NOT NULL REFERENCES order_owners,
    status        text        NOT NULL CHECK (status IN ('pending', 'placed', 'cancelled')),
    cancel_reason text        CHECK (cancel_reason IN ('requested', 'payment_failed', 'expired')),
    total         bigint      NOT NULL CHECK (total > 0),
    currency      text        NOT NULL REFERENCES currencies,
    -- SHA-256 of the request, so that a repeat is told from another order with the same id.
    fingerprint   bytea       NOT NULL CHECK (length(fingerprint) = 32),
    -- The number of the last change of this order among the changes of its owner.
    change        bigint      NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CHECK ((status = 'cancelled') = (cancel_reason IS NOT NULL))
);
CREATE INDEX orders_of_owner ON orders (owner_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX orders_changes ON orders (owner_id, change);
CREATE INDEX orders_pending ON orders (created_at) WHERE status = 'pending';

CREATE TABLE order_lines (
    order_id   uuid     NOT NULL REFERENCES orders,
    position   smallint NOT NULL CHECK (position BETWEEN 1 AND 50),
    product_id uuid     NOT NULL REFERENCES products,
    name       text     NOT NULL,
    quantity   integer  NOT NULL CHECK (quantity BETWEEN 1 AND 1000),
    unit_price bigint   NOT NULL CHECK (unit_price > 0),
    PRIMARY KEY (order_id, position),
    UNIQUE (order_id, product_id)
);

-- Ids whose order was cancelled before it came.
CREATE TABLE refused_orders (
    id         uuid        PRIMARY KEY,
    refused_at timestamptz NOT NULL
);
CREATE INDEX refused_orders_by_time ON refused_orders (refused_at);

-- Whatever the program does: pending becomes placed or cancelled, placed becomes cancelled, and cancelled stays.
CREATE FUNCTION check_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> NEW.status AND NOT (OLD.status = 'pending' OR (OLD.status = 'placed' AND NEW.status = 'cancelled')) THEN
        RAISE EXCEPTION 'An order can''t go from % to %.', OLD.status, NEW.status USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_order_change BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION check_order_change();

GRANT SELECT ON currencies TO orders_app;
GRANT SELECT, INSERT ON products TO orders_app;
GRANT SELECT, INSERT, UPDATE (change, orders, pending) ON order_owners TO orders_app;
GRANT SELECT, INSERT, UPDATE (status, cancel_reason, change, updated_at) ON orders TO orders_app;
GRANT SELECT, INSERT ON order_lines TO orders_app;
GRANT SELECT, INSERT, DELETE ON refused_orders TO orders_app;

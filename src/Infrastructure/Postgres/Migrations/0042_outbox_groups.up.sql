-- Events that one transaction of the ledger writes are published together, so one row says that all of them wait. With a row for each
-- event, PostgreSQL wrote and removed as many rows as the transfers themselves have.

CREATE TABLE outbox_groups (
    id       uuid PRIMARY KEY,
    first_id uuid NOT NULL,
    last_id  uuid NOT NULL,
    size     integer NOT NULL CHECK (size > 0)
) WITH (
    -- A queue, as outbox_waiting is.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

-- Events without a group have a row each. The version before writes only such events; it does not publish those of a group.
ALTER TABLE outbox ADD COLUMN group_id uuid;

CREATE OR REPLACE FUNCTION outbox_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.outbox_waiting (id, aggregate_id) SELECT id, aggregate_id FROM written WHERE group_id IS NULL;
    INSERT INTO public.outbox_groups (id, first_id, last_id, size)
    SELECT group_id, ids[1], ids[cardinality(ids)], cardinality(ids)
    FROM (SELECT group_id, array_agg(id ORDER BY id) AS ids FROM written WHERE group_id IS NOT NULL GROUP BY group_id) grouped;
    RETURN NULL;
END
$$;

-- UPDATE is what locking a row asks for.
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_groups TO portico_app;
GRANT SELECT ON outbox_groups TO portico_readonly;

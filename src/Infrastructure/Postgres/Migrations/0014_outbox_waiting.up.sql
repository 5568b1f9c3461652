-- migrator: allow lock: no event may be written between the copy and the trigger
-- migrator: allow drop-index: the lock is held already
-- Which events wait to be published, in a table of their own, so that an event is written once and never changed. Marking it wrote the row
-- and its entries in two indexes a second time, and left a vacuum to look for the first ones in a table of days.

CREATE TABLE outbox_waiting (
    id           uuid PRIMARY KEY,
    aggregate_id uuid NOT NULL
) WITH (
    -- A queue, of which every row is written and removed: a vacuum is quick here, and every claim walks over what it has not taken away.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

-- By the database, so that no writer can forget it; the former version of the server writes to the outbox alone.
CREATE FUNCTION outbox_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.outbox_waiting (id, aggregate_id) SELECT id, aggregate_id FROM written;
    RETURN NULL;
END
$$;

LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO outbox_waiting (id, aggregate_id) SELECT id, aggregate_id FROM outbox WHERE published_at IS NULL;
CREATE TRIGGER outbox_wait AFTER INSERT ON outbox REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION outbox_wait();

-- published_at stays, empty, as long as the former version may run beside this one: what both publish the stream takes once.
DROP INDEX outbox_unpublished_idx;
ALTER TABLE outbox RESET (
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_threshold,
    autovacuum_vacuum_insert_scale_factor,
    autovacuum_vacuum_insert_threshold,
    autovacuum_analyze_scale_factor,
    autovacuum_analyze_threshold
);

-- UPDATE is what locking a row asks for.
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_waiting TO portico_app;
GRANT SELECT ON outbox_waiting TO portico_readonly;

LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE;
UPDATE outbox SET published_at = now() WHERE published_at IS NULL AND id NOT IN (SELECT id FROM outbox_waiting);
DROP TRIGGER outbox_wait ON outbox;
DROP FUNCTION outbox_wait();
DROP TABLE outbox_waiting;
CREATE INDEX outbox_unpublished_idx ON outbox (occurred_at) WHERE published_at IS NULL;
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 100000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

-- The outbox is a queue: every row is written, marked and removed. What the marks leave behind in the index of waiting rows lies before
-- those that wait, and every claim walks over it until a vacuum takes it away; a share of a table of some days would be far too late.
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 100000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 100000
);

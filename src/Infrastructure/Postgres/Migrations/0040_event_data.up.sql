-- The data of an event as the text that is published. Parsing it into jsonb, and writing that as text again, took PostgreSQL longer than the
-- row itself, and nobody looks into the events here.
ALTER TABLE outbox ADD COLUMN data text;
-- The version before writes and reads payload. While both run, it can't publish what this version writes, and this version publishes all.
ALTER TABLE outbox ALTER COLUMN payload DROP NOT NULL;
ALTER TABLE outbox ADD CONSTRAINT outbox_has_data CHECK (data IS NOT NULL OR payload IS NOT NULL) NOT VALID;

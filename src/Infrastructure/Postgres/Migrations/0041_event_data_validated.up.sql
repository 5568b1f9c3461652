-- Reads the table beside its writers.
ALTER TABLE outbox VALIDATE CONSTRAINT outbox_has_data;

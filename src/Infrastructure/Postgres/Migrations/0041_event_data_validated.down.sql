ALTER TABLE outbox DROP CONSTRAINT outbox_has_data;
ALTER TABLE outbox ADD CONSTRAINT outbox_has_data CHECK (data IS NOT NULL OR payload IS NOT NULL) NOT VALID;

-- It fails while there are larger dead letters: replay or drop them first.
ALTER TABLE dead_events DROP CONSTRAINT dead_events_envelope_check;
ALTER TABLE dead_events ADD CONSTRAINT dead_events_envelope_check CHECK (length(envelope) <= 1048576);

-- Reads the table beside its writers.
ALTER TABLE ledger.journals VALIDATE CONSTRAINT journals_kind_check;

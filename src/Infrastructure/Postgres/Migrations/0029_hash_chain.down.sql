DROP TABLE ledger.block_journals;
DROP TABLE ledger.blocks;
DROP TABLE ledger.chain_keys;
DROP INDEX ledger.postings_recorded_at_idx;
DROP INDEX ledger.journals_transaction_id_idx;
ALTER TABLE ledger.journals DROP COLUMN transaction_id;

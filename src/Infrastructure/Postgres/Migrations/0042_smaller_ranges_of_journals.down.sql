-- migrator: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS ledger.journals_transaction_id_idx_ccnew;
ALTER INDEX ledger.journals_transaction_id_idx RESET (pages_per_range);
REINDEX INDEX CONCURRENTLY ledger.journals_transaction_id_idx;

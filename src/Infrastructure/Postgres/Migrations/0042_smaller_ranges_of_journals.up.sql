-- migrator: no-transaction
-- The sealer reads every row of a range of pages that has one of the journals it looks for. A block fills some 90 pages, so with ranges of
-- 128 it read two to three times as many journals as it sealed.
DROP INDEX CONCURRENTLY IF EXISTS ledger.journals_transaction_id_idx_ccnew;
ALTER INDEX ledger.journals_transaction_id_idx SET (pages_per_range = 32);
REINDEX INDEX CONCURRENTLY ledger.journals_transaction_id_idx;

DROP TABLE ledger.reconciliation_rows;
DROP TABLE ledger.reconciliation_differences;
DROP TABLE ledger.reconciliation_totals;
DROP TABLE ledger.reconciliations;
DROP FUNCTION ledger.derived_id(uuid, bytea);

DROP FUNCTION ledger.summarize(regclass, bigint);

DROP TABLE order_sagas;

-- Refused while there is money in the accounts of sales: history would lose its counterpart.
DELETE FROM ledger.accounts WHERE kind = 'sales' AND version = 0;
ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_kind_check;
ALTER TABLE ledger.accounts ADD CONSTRAINT accounts_kind_check CHECK (kind IN ('wallet', 'cash', 'liquidity', 'fees', 'rounding'));

DROP TABLE payment_webhooks;
DROP TABLE payment_work;
DROP TABLE payment_refunds;
DROP TABLE payments;

-- Refused while there are payments in the ledger: their journals and accounts would have a kind that is not allowed.
ALTER TABLE ledger.journals DROP CONSTRAINT journals_kind_check;
ALTER TABLE ledger.journals ADD CONSTRAINT journals_kind_check CHECK (kind IN (
    'transfer', 'deposit', 'withdrawal', 'reversal', 'capture', 'hold', 'void', 'expiry', 'exchange', 'fee', 'rounding'));

DELETE FROM ledger.accounts WHERE kind IN ('stripeClearing', 'yookassaClearing', 'providerFees', 'suspense') AND version = 0;
ALTER TABLE ledger.accounts DROP CONSTRAINT accounts_kind_check;
ALTER TABLE ledger.accounts ADD CONSTRAINT accounts_kind_check
    CHECK (kind IN ('wallet', 'cash', 'liquidity', 'fees', 'rounding', 'sales'));

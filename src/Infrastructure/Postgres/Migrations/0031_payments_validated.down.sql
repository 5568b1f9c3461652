ALTER TABLE ledger.journals DROP CONSTRAINT journals_kind_check;
ALTER TABLE ledger.journals ADD CONSTRAINT journals_kind_check CHECK (kind IN (
    'transfer', 'deposit', 'withdrawal', 'reversal', 'capture', 'hold', 'void', 'expiry', 'exchange', 'fee', 'rounding',
    'providerFee')) NOT VALID;

-- Refused while there are exchanges: their journals would have a kind that is not allowed.
ALTER TABLE ledger.journals DROP CONSTRAINT journals_kind_check;
ALTER TABLE ledger.journals ADD CONSTRAINT journals_kind_check CHECK (
    kind IN ('transfer', 'deposit', 'withdrawal', 'reversal', 'capture', 'hold', 'void', 'expiry'));

DROP TABLE ledger.exchanges;
DROP TABLE exchange_quotes;
DROP TABLE exchange_rates;

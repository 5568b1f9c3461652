-- The version before this one opens no account again when a person is restored.

UPDATE ledger.accounts a SET status = 'open' FROM wallets w WHERE w.id = a.id AND w.status = 'open' AND a.status = 'closed';

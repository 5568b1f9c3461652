-- migrator: allow data: only the wallets of deleted users are changed, of whom there are few
-- The wallets of deleted people take no more money. One that has money already stays open, so that a manager can pay it out.

UPDATE ledger.accounts SET status = 'closed'
WHERE status = 'open' AND posted = 0 AND held = 0
    AND id IN (SELECT w.id FROM wallets w JOIN users u ON u.id = w.owner_id WHERE u.deleted_at IS NOT NULL);

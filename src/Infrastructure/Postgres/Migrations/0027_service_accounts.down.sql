DELETE FROM idempotency_answers a WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = a.owner_id);
ALTER TABLE idempotency_answers
    ADD CONSTRAINT idempotency_answers_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE;
DROP TABLE identity.service_secrets;
DROP TABLE identity.service_accounts;

ALTER TABLE users DROP CONSTRAINT users_verified;

-- Refused while there are users without an address: without their logins they could not sign in.
ALTER TABLE users ADD CONSTRAINT users_reachable CHECK (email IS NOT NULL OR phone IS NOT NULL OR deleted_at IS NOT NULL);

DROP TABLE identity.external_logins;

-- migrator: allow check: the table is small, and the rows are read in memory
-- What sessions carry besides the epoch of access tokens: a new password, a block or a deletion ends them all, another role does not.

ALTER TABLE users ADD COLUMN session_version integer NOT NULL DEFAULT 0 CHECK (session_version >= 0);

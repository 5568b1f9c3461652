-- migrator: no-transaction
-- The words of a name, in lower case, for a search by their beginnings. The same expression is in the query.
DROP INDEX CONCURRENTLY IF EXISTS users_name_words_idx;
CREATE INDEX CONCURRENTLY users_name_words_idx ON users
    USING gin (array_to_tsvector(array_remove(string_to_array(translate(lower(display_name), '-', ' '), ' '), ''))) WITH (fastupdate = off);
-- The beginning of an address, whatever the locale of the database is.
DROP INDEX CONCURRENTLY IF EXISTS users_email_prefix_idx;
CREATE INDEX CONCURRENTLY users_email_prefix_idx ON users (email varchar_pattern_ops);
DROP INDEX CONCURRENTLY IF EXISTS users_phone_prefix_idx;
CREATE INDEX CONCURRENTLY users_phone_prefix_idx ON users (phone varchar_pattern_ops);
-- The end of a phone number.
DROP INDEX CONCURRENTLY IF EXISTS users_phone_suffix_idx;
CREATE INDEX CONCURRENTLY users_phone_suffix_idx ON users (reverse(phone) text_pattern_ops);
-- The few users who are blocked or deleted, in the order of the lists.
DROP INDEX CONCURRENTLY IF EXISTS users_blocked_idx;
CREATE INDEX CONCURRENTLY users_blocked_idx ON users (id) WHERE status = 'blocked';
DROP INDEX CONCURRENTLY IF EXISTS users_deleted_idx;
CREATE INDEX CONCURRENTLY users_deleted_idx ON users (id) WHERE deleted_at IS NOT NULL;
-- So that the planner knows how frequent the words of names are.
ANALYZE users;

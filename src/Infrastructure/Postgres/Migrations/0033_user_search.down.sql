-- migrator: no-transaction
DROP INDEX CONCURRENTLY IF EXISTS users_name_words_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_email_prefix_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_phone_prefix_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_phone_suffix_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_blocked_idx;
DROP INDEX CONCURRENTLY IF EXISTS users_deleted_idx;

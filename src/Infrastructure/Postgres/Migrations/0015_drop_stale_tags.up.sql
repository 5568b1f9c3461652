-- migrator: allow drop-table: what the former version answers meanwhile is said above
-- The cache is made stale by tags in Redis now. A server of the version before this one writes here with every change of an event or
-- of a display name, and reads here for its cache: until it is replaced it refuses those changes and answers reads from PostgreSQL.

DROP TABLE stale_tags;

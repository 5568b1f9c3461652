DROP TABLE stale_tags;

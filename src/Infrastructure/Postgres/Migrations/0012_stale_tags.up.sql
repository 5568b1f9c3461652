-- What committed changes have made stale in the cache: a row each, until the cache knows.

CREATE TABLE stale_tags (
    id         uuid         PRIMARY KEY,
    tag        varchar(200) NOT NULL,
    created_at timestamptz  NOT NULL
);

GRANT SELECT, INSERT, DELETE ON stale_tags TO portico_app;
GRANT SELECT ON stale_tags TO portico_readonly;

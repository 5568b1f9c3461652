-- The networks from which a user has signed in, as pseudonyms: a client in one of them gets a code when strangers have used up the others.
CREATE TABLE known_networks (
    user_id uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    network varchar(43) NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, network)
);

GRANT SELECT, INSERT, DELETE ON known_networks TO portico_app;

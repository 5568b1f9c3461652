-- Events that people forecast, their forecasts, and how well each person did.

CREATE TABLE events (
    id            uuid         PRIMARY KEY,
    version       bigint       NOT NULL CHECK (version > 0),
    title         varchar(200) NOT NULL CHECK (title <> ''),
    closes_at     timestamptz,
    closed_at     timestamptz,
    result        varchar(20)  CHECK (result IN ('win1', 'win2', 'draw')),
    result_set_at timestamptz,
    settled_at    timestamptz,
    created_at    timestamptz  NOT NULL,
    created_by    uuid,
    updated_at    timestamptz,
    updated_by    uuid,
    deleted_at    timestamptz,
    deleted_by    uuid,
    CONSTRAINT events_result_closes CHECK ((result IS NULL) = (result_set_at IS NULL) AND (result IS NULL OR closed_at IS NOT NULL)),
    CONSTRAINT events_settled_by_result CHECK (settled_at IS NULL OR result IS NOT NULL)
);

CREATE INDEX events_created_idx ON events (created_at);
-- What the settlement has to do, however many events there have been.
CREATE INDEX events_unsettled_idx ON events (result_set_at) WHERE result IS NOT NULL AND settled_at IS NULL;
CREATE INDEX events_deleted_idx ON events (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE forecasts (
    id         uuid        PRIMARY KEY,
    owner_id   uuid        NOT NULL REFERENCES users (id),
    event_id   uuid        NOT NULL REFERENCES events (id),
    version    bigint      NOT NULL CHECK (version > 0),
    outcome    varchar(20) NOT NULL CHECK (outcome IN ('win1', 'win2', 'draw')),
    decided_at timestamptz NOT NULL,
    points     integer     CHECK (points IN (0, 1)),
    settled_at timestamptz,
    created_at timestamptz NOT NULL,
    created_by uuid,
    updated_at timestamptz,
    updated_by uuid,
    deleted_at timestamptz,
    deleted_by uuid,
    CONSTRAINT forecasts_points_settled CHECK ((points IS NULL) = (settled_at IS NULL)),
    CONSTRAINT forecasts_settled_stays CHECK (settled_at IS NULL OR deleted_at IS NULL)
);

-- One forecast a person and event; one that was deleted leaves room for another.
CREATE UNIQUE INDEX forecasts_one_each_key ON forecasts (event_id, owner_id) WHERE deleted_at IS NULL;
CREATE INDEX forecasts_owner_idx ON forecasts (owner_id, created_at);
CREATE INDEX forecasts_event_idx ON forecasts (event_id, created_at);
-- What is still to be judged, and the order of an event's leaderboard.
CREATE INDEX forecasts_unsettled_idx ON forecasts (event_id, id) WHERE settled_at IS NULL AND deleted_at IS NULL;
CREATE INDEX forecasts_ranks_idx ON forecasts (event_id, points DESC, decided_at, id) WHERE settled_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX forecasts_deleted_idx ON forecasts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE forecaster_scores (
    user_id   uuid    PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    points    integer NOT NULL CHECK (points >= 0),
    forecasts integer NOT NULL CHECK (forecasts >= points)
);

CREATE INDEX forecaster_scores_points_idx ON forecaster_scores (points DESC, user_id);

GRANT SELECT, INSERT, UPDATE ON events, forecasts, forecaster_scores TO portico_app;
GRANT SELECT ON events, forecasts, forecaster_scores TO portico_readonly;

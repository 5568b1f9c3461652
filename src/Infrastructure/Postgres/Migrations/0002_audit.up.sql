-- Who did what to whom: rows are added, and nobody changes or removes one.

CREATE TABLE audit_log (
    id           uuid         PRIMARY KEY,
    at           timestamptz  NOT NULL,
    actor        uuid,
    subject_type varchar(40)  NOT NULL CHECK (subject_type ~ '^[a-z]+(_[a-z]+)*$'),
    subject_id   varchar(100) NOT NULL CHECK (subject_id <> ''),
    action       varchar(60)  NOT NULL CHECK (action ~ '^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)+$'),
    ip           inet,
    trace_id     varchar(32)  CHECK (trace_id ~ '^[0-9a-f]{32}$'),
    session_id   uuid,
    before       jsonb        CHECK (jsonb_typeof(before) = 'object' AND length(before::text) <= 16384),
    after        jsonb        CHECK (jsonb_typeof(after) = 'object' AND length(after::text) <= 16384)
);

-- Ids sort by time, so each of these gives its rows the newest first, and the primary key serves a span of time.
CREATE INDEX audit_log_actor_idx ON audit_log (actor, id);
CREATE INDEX audit_log_subject_idx ON audit_log (subject_id, id);
CREATE INDEX audit_log_action_idx ON audit_log (action, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused to everyone', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Rights bind neither the owner nor a superuser; a trigger that always fires does.
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_append_only;

GRANT SELECT, INSERT ON audit_log TO portico_app;
GRANT SELECT ON audit_log TO portico_readonly;

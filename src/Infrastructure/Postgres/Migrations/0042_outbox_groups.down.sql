LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE;
CREATE OR REPLACE FUNCTION outbox_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.outbox_waiting (id, aggregate_id) SELECT id, aggregate_id FROM written;
    RETURN NULL;
END
$$;
INSERT INTO outbox_waiting (id, aggregate_id)
SELECT o.id, o.aggregate_id FROM outbox_groups g JOIN outbox o ON o.id BETWEEN g.first_id AND g.last_id AND o.group_id = g.id;
DROP TABLE outbox_groups;
ALTER TABLE outbox DROP COLUMN group_id;

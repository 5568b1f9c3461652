-- The last active administrator stays one, whoever changes the row: nobody could make another.

CREATE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- One at a time, so that two administrators who leave at once don't each count on the other.
    PERFORM FROM roles WHERE name = 'admin' FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL AND id <> OLD.id) THEN
        RAISE EXCEPTION 'The last administrator must stay.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'users_last_administrator', TABLE = 'users', SCHEMA = 'public';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER users_last_administrator BEFORE UPDATE OF role, status, deleted_at ON users FOR EACH ROW
    WHEN (OLD.role = 'admin' AND OLD.status = 'active' AND OLD.deleted_at IS NULL
        AND (NEW.role <> 'admin' OR NEW.status <> 'active' OR NEW.deleted_at IS NOT NULL))
    EXECUTE FUNCTION keep_an_administrator();

CREATE OR REPLACE FUNCTION ledger.version_at(account uuid, instant timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    earlier bigint := 0;
    later   bigint := coalesce((SELECT version FROM ledger.accounts WHERE id = account), 0) + 1;
    middle  bigint;
BEGIN
    WHILE later - earlier > 1 LOOP
        middle := (earlier + later) / 2;
        IF (SELECT recorded_at FROM ledger.postings WHERE account_id = account AND account_version = middle) <= instant THEN
            earlier := middle;
        ELSE
            later := middle;
        END IF;
    END LOOP;
    RETURN earlier;
END
$$;

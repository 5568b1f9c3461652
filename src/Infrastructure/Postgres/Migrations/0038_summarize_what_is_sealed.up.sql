-- Summarises the whole ranges of pages of a BRIN index from the page first on, and returns the page after them. Without first, or with very
-- many ranges, it looks through the whole index, the last range included. Only the owner of an index may summarise it, so the sealer calls
-- this function. It never waits for a vacuum, and summarises nothing then.
CREATE FUNCTION ledger.summarize(brin regclass, first bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '10ms' AS $$
DECLARE
    range_pages bigint;
    full_pages  bigint;
BEGIN
    SELECT coalesce((SELECT option_value::bigint FROM pg_options_to_table(c.reloptions) WHERE option_name = 'pages_per_range'), 128),
        pg_relation_size(i.indrelid) / current_setting('block_size')::bigint
    INTO STRICT range_pages, full_pages
    FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid WHERE c.oid = brin;
    full_pages := full_pages - full_pages % range_pages;
    IF first IS NULL OR full_pages - first > 1000 * range_pages THEN
        PERFORM brin_summarize_new_values(brin);
    ELSIF full_pages > first THEN
        PERFORM brin_summarize_range(brin, page) FROM generate_series(first, full_pages - 1, range_pages) page;
    END IF;
    RETURN greatest(first, full_pages);
EXCEPTION WHEN lock_not_available THEN
    RETURN first;
END
$$;
REVOKE ALL ON FUNCTION ledger.summarize(regclass, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.summarize(regclass, bigint) TO portico_app;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>The statements of reconciliations.</summary>
internal static class ReconciliationSql
{
    // An advisory lock that nothing else in the database uses. Each statement is planned for its own values: how many rows a report has
    // differs by a factor of thousands.
    public const string Begin =
        """
        SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; SET LOCAL plan_cache_mode = force_custom_plan;
        SELECT pg_try_advisory_xact_lock(5786930140093827922)
        """;

    public const string CopyRows =
        """
        COPY ledger.reconciliation_rows (reconciliation_id, line, subject, is_compared, provider_id, currency, amount, fee, at)
        FROM STDIN (FORMAT BINARY)
        """;

    public const string RemoveRows = "DELETE FROM ledger.reconciliation_rows WHERE reconciliation_id = $1";

    /// <summary>Compares the copied rows with the ledger and stores what differs.</summary>
    /// <remarks>
    /// One statement, so that it sees the ledger at one time. Lists that are made here are put together by UNION, GROUP BY and NOT IN only:
    /// the planner knows nothing of their lengths, and might join them row by row. What is joined has an index.
    /// $1 id, $2 provider, $3 kind of the clearing accounts, $4 and $5 the period, $6 and $7 what is covered, $8 hash of the file,
    /// $9 by, $10 at, $11 the largest number of differences.
    /// </remarks>
    public const string Compare =
        """
        WITH clearing AS MATERIALIZED (
            SELECT id, ledger.version_at(id, $4 - interval '1 microsecond') AS low,
                ledger.version_at(id, $5 - interval '1 microsecond') AS high
            FROM ledger.accounts WHERE kind = $3 AND version > 0),
        -- What moved the clearing accounts in the period, and the payment that it names.
        entries AS MATERIALIZED (
            SELECT j.id AS journal_id, j.amount, j.currency, j.recorded_at,
                CASE WHEN j.description LIKE '% ________-____-____-____-____________'
                        AND translate(right(j.description, 36), '0123456789abcdef', '') = '----'
                    THEN right(j.description, 36)::uuid END AS payment_id
            FROM clearing c
                JOIN ledger.postings p ON p.account_id = c.id AND p.account_version > c.low AND p.account_version <= c.high
                JOIN ledger.journals j ON j.id = p.journal_id
            WHERE p.amount <> 0),
        file AS MATERIALIZED (SELECT *, at >= $4 AND at < $5 AS is_inside FROM ledger.reconciliation_rows WHERE reconciliation_id = $1),
        reported AS MATERIALIZED (
            SELECT DISTINCT ON (subject, provider_id) subject, provider_id, line, currency, amount, fee, at, is_inside,
                count(*) OVER (PARTITION BY subject, provider_id) AS times
            FROM file WHERE is_compared ORDER BY subject, provider_id, line),
        -- The payments that the period or the report names.
        named AS MATERIALIZED (
            SELECT payment_id AS id FROM entries WHERE payment_id IS NOT NULL
            UNION
            SELECT p.id FROM reported r JOIN payments p ON p.provider = $2 AND p.provider_id = r.provider_id WHERE r.subject = 'payment'
            UNION
            SELECT f.payment_id FROM reported r JOIN payment_refunds f ON f.provider_id = r.provider_id
            WHERE r.subject IN ('refund', 'failedRefund')),
        known AS MATERIALIZED (
            SELECT p.id, p.provider_id, p.status FROM named n JOIN payments p ON p.id = n.id AND p.provider = $2),
        refunds AS MATERIALIZED (
            SELECT f.id, f.provider_id, k.id AS payment_id FROM known k JOIN payment_refunds f ON f.payment_id = k.id),
        -- The journals that these payments and their refunds may have. A second credit belongs to no payment.
        expected AS MATERIALIZED (
            SELECT v.subject, k.provider_id, k.id AS payment_id, v.is_fee, ledger.derived_id(k.id, v.purpose) AS journal_id
            FROM known k CROSS JOIN (VALUES
                ('payment', 'credit'::bytea, false), ('payment', 'suspense'::bytea, false), ('payment', 'fee'::bytea, true))
                v (subject, purpose, is_fee)
            WHERE k.status <> CASE v.purpose WHEN 'credit'::bytea THEN 'uncredited' WHEN 'suspense'::bytea THEN 'succeeded' ELSE '' END
            UNION ALL
            SELECT v.subject, f.provider_id, f.payment_id, false, ledger.derived_id(f.id, v.purpose)
            FROM refunds f CROSS JOIN (VALUES
                ('refund', 'capture'::bytea), ('refund', 'withdrawal'::bytea), ('refund', 'debt'::bytea),
                ('failedRefund', 'return'::bytea), ('failedRefund', 'suspended return'::bytea))
                v (subject, purpose)),
        booked AS MATERIALIZED (
            SELECT e.subject, e.provider_id, e.payment_id, e.is_fee, j.id AS journal_id, j.amount, j.currency, j.recorded_at
            FROM expected e JOIN ledger.journals j ON j.id = e.journal_id
            WHERE j.source_id IN (SELECT id FROM clearing) OR j.destination_id IN (SELECT id FROM clearing)),
        -- What moved a clearing account and belongs to no payment.
        foreign_entries AS MATERIALIZED (
            SELECT journal_id, amount, currency, recorded_at, payment_id FROM entries
            WHERE journal_id NOT IN (SELECT journal_id FROM booked)),
        items AS MATERIALIZED (
            SELECT subject, provider_id, min(payment_id::text)::uuid AS payment_id, min(line) AS line,
                min(times) AS reported_times, min(reported_currency) AS reported_currency, min(reported_amount) AS reported_amount,
                min(reported_fee) AS reported_fee, min(reported_at) AS reported_at, coalesce(bool_or(is_inside), false) AS is_reported,
                (min(journal_id::text) FILTER (WHERE is_booked))::uuid AS journal_id,
                count(*) FILTER (WHERE is_booked) AS booked_times, min(currency) FILTER (WHERE is_booked) AS booked_currency,
                min(amount) AS booked_amount, sum(fee) AS booked_fee, min(recorded_at) FILTER (WHERE is_booked) AS booked_at,
                coalesce(bool_or(is_booked AND recorded_at >= $4 AND recorded_at < $5), false) AS is_booked_inside
            FROM (
                SELECT subject, provider_id, NULL::uuid AS payment_id, line, times, currency AS reported_currency,
                    amount AS reported_amount, fee AS reported_fee, at AS reported_at, is_inside, false AS is_booked,
                    NULL::uuid AS journal_id, NULL::text AS currency, NULL::numeric AS amount, NULL::numeric AS fee,
                    NULL::timestamptz AS recorded_at
                FROM reported
                UNION ALL
                SELECT subject, provider_id, payment_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NOT is_fee, journal_id, currency,
                    CASE WHEN NOT is_fee THEN amount END, CASE WHEN is_fee THEN amount END, recorded_at
                FROM booked
                UNION ALL
                SELECT k.subject, k.provider_id, k.payment_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL
                FROM (SELECT 'payment' AS subject, provider_id, id AS payment_id FROM known
                    UNION ALL SELECT 'refund', provider_id, payment_id FROM refunds
                    UNION ALL SELECT 'failedRefund', provider_id, payment_id FROM refunds) k) parts
            GROUP BY subject, provider_id
            HAVING coalesce(bool_or(is_inside), false) OR coalesce(bool_or(is_booked AND recorded_at >= $4 AND recorded_at < $5), false)
            UNION ALL
            SELECT 'journal', NULL, payment_id, NULL, NULL, NULL, NULL, NULL, NULL, false, journal_id, 1, currency, amount, NULL,
                recorded_at, true
            FROM foreign_entries),
        found AS MATERIALIZED (
            SELECT v.kind, i.* FROM items i CROSS JOIN LATERAL (VALUES
                ('late', i.is_reported AND i.booked_at >= $5),
                ('missingHere', i.is_reported AND i.booked_times = 0),
                ('missingThere', CASE WHEN i.is_booked_inside AND i.line IS NULL
                        AND CASE i.subject WHEN 'payment' THEN $6 WHEN 'journal' THEN true ELSE $7 END
                    THEN NOT EXISTS (SELECT FROM ledger.reconciliation_differences d
                        WHERE d.kind = 'late' AND d.provider_id = i.provider_id AND d.subject = i.subject AND d.provider = $2)
                    ELSE false END),
                ('twice', i.reported_times > 1 OR i.booked_times > 1),
                ('wrongCurrency', i.booked_currency <> i.reported_currency),
                ('wrongAmount', i.booked_currency = i.reported_currency AND i.booked_amount <> i.reported_amount),
                ('wrongFee', i.booked_currency = i.reported_currency AND i.reported_fee <> coalesce(i.booked_fee, 0)))
                v (kind, applies)
            WHERE v.applies),
        counts AS MATERIALIZED (
            SELECT count(*) FILTER (WHERE kind = 'late') AS late, count(*) FILTER (WHERE kind = 'missingHere') AS missing_here,
                count(*) FILTER (WHERE kind = 'missingThere') AS missing_there, count(*) FILTER (WHERE kind = 'twice') AS twice,
                count(*) FILTER (WHERE kind = 'wrongCurrency') AS wrong_currency,
                count(*) FILTER (WHERE kind = 'wrongAmount') AS wrong_amount, count(*) FILTER (WHERE kind = 'wrongFee') AS wrong_fee,
                count(DISTINCT line) FILTER (WHERE is_reported) AS different
            FROM found),
        saved AS (
            INSERT INTO ledger.reconciliations (
                id, provider, period_start, period_end, covers_payments, covers_refunds, file_sha256, repeat_of, rows, rows_outside,
                matched, late, missing_here, missing_there, twice, wrong_currency, wrong_amount, wrong_fee, created_at, created_by)
            SELECT $1, $2, $4, $5, $6, $7, $8,
                (SELECT id FROM ledger.reconciliations WHERE file_sha256 = $8 AND provider = $2 ORDER BY id DESC LIMIT 1),
                (SELECT count(*) FROM file), (SELECT count(*) FROM file WHERE NOT is_inside),
                (SELECT count(*) FROM items WHERE is_reported) - c.different,
                c.late, c.missing_here, c.missing_there, c.twice, c.wrong_currency, c.wrong_amount, c.wrong_fee, $10, $9
            FROM counts c),
        totals AS (
            INSERT INTO ledger.reconciliation_totals (
                reconciliation_id, name, is_compared, currency, reported_count, reported, reported_fee, booked_count, booked, booked_fee)
            SELECT $1, name, is_compared, currency, sum(reported_count), sum(reported), sum(reported_fee), sum(booked_count), sum(booked),
                sum(booked_fee)
            FROM (
                SELECT subject AS name, is_compared, currency, 1 AS reported_count, amount AS reported, coalesce(fee, 0) AS reported_fee,
                    0 AS booked_count, 0::numeric AS booked, 0::numeric AS booked_fee
                FROM file WHERE is_inside
                UNION ALL
                SELECT subject, true, currency, 0, 0, 0, (NOT is_fee)::int, CASE WHEN is_fee THEN 0 ELSE amount END,
                    CASE WHEN is_fee THEN amount ELSE 0 END
                FROM booked
                WHERE recorded_at >= $4 AND recorded_at < $5 AND CASE subject WHEN 'payment' THEN $6 ELSE $7 END
                UNION ALL
                SELECT 'journal', true, currency, 0, 0, 0, 1, amount, 0 FROM foreign_entries) rows
            GROUP BY name, is_compared, currency)
        INSERT INTO ledger.reconciliation_differences (
            reconciliation_id, number, kind, provider, subject, provider_id, payment_id, line, reported_times, reported_currency,
            reported_amount, reported_fee, reported_at, journal_id, booked_times, booked_currency, booked_amount, booked_fee, booked_at)
        SELECT $1, number, kind, $2, subject, provider_id, payment_id, line, reported_times, reported_currency, reported_amount,
            reported_fee, reported_at, journal_id, nullif(booked_times, 0), booked_currency, booked_amount, booked_fee, booked_at
        FROM (
            -- What is late comes first: the next reconciliation needs it.
            SELECT *, row_number() OVER (ORDER BY kind <> 'late', kind, subject, provider_id, journal_id) AS number FROM found) numbered
        WHERE number <= $11
        """;

    private const string SummaryColumns =
        """
        id, provider, period_start, period_end, covers_payments, covers_refunds, rows, rows_outside, matched, late, missing_here,
        missing_there, twice, wrong_currency, wrong_amount, wrong_fee, encode(file_sha256, 'hex'), repeat_of, created_at, created_by
        """;

    public const string Find = $"SELECT {SummaryColumns} FROM ledger.reconciliations WHERE id = $1";

    public const string List = $"SELECT {SummaryColumns} FROM ledger.reconciliations WHERE id < $1 ORDER BY id DESC LIMIT $2";

    public const string Totals =
        """
        SELECT name, is_compared, currency, reported_count, reported, reported_fee, booked_count, booked, booked_fee
        FROM ledger.reconciliation_totals WHERE reconciliation_id = $1 ORDER BY NOT is_compared, name, currency
        """;

    public const string Differences =
        """
        SELECT number, kind, subject, provider_id, payment_id, line, reported_times, reported_currency, reported_amount, reported_fee,
            reported_at, journal_id, booked_times, booked_currency, booked_amount, booked_fee, booked_at
        FROM ledger.reconciliation_differences
        WHERE reconciliation_id = $1 AND number > $2 AND ($3::varchar IS NULL OR kind = $3) ORDER BY number LIMIT $4
        """;
}

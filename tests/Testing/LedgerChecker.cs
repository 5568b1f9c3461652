using Npgsql;

namespace Portico.Testing;

/// <summary>Recomputes everything that the ledger promises from the rows themselves.</summary>
public static class LedgerChecker
{
    private const int TimeoutSeconds = 300;

    // Each gives the rows that break a promise.
    private static readonly (string Promise, string Violations)[] Promises =
    [
        (
            "the sum of each currency is 0",
            "SELECT currency, sum(posted)::text FROM ledger.accounts GROUP BY currency HAVING sum(posted) <> 0"),
        ("an account is as its last posting left it",
            """
            SELECT a.id, a.version::text, a.posted::text, a.held::text FROM ledger.accounts a
            LEFT JOIN ledger.postings p ON p.account_id = a.id AND p.account_version = a.version
            WHERE (a.version = 0 AND (a.posted, a.held) <> (0, 0))
                OR (a.version > 0 AND (p.posted_after, p.held_after, p.recorded_at) IS DISTINCT FROM (a.posted, a.held, a.recorded_at))
            """),
        ("a balance is the sum of its postings",
            """
            SELECT a.id, a.posted::text, s.posted::text FROM ledger.accounts a
            LEFT JOIN (SELECT account_id, sum(amount) AS posted, count(*) AS postings FROM ledger.postings GROUP BY account_id) s
                ON s.account_id = a.id
            WHERE a.posted <> coalesce(s.posted, 0) OR a.version <> coalesce(s.postings, 0)
            """),
        ("versions have no gaps, and each goes on from the one before",
            """
            SELECT account_id, account_version::text FROM (
                SELECT *, lag(account_version, 1, 0::bigint) OVER h AS version_before, lag(posted_after, 1, 0) OVER h AS posted_before,
                    lag(recorded_at) OVER h AS recorded_before
                FROM ledger.postings WINDOW h AS (PARTITION BY account_id ORDER BY account_version)) p
            WHERE account_version <> version_before + 1 OR posted_after <> posted_before + amount OR recorded_at < recorded_before
            """),
        ("a journal's postings are its two sides, or one that only holds",
            """
            SELECT j.id, j.kind FROM ledger.journals j
            LEFT JOIN ledger.postings s ON s.journal_id = j.id AND s.account_id = j.source_id
            LEFT JOIN ledger.postings d ON d.journal_id = j.id AND d.account_id = j.destination_id
            WHERE s.journal_id IS NULL OR s.recorded_at <> j.recorded_at
                OR (j.kind IN ('hold', 'void', 'expiry') AND (s.amount <> 0 OR d.journal_id IS NOT NULL))
                OR (j.kind NOT IN ('hold', 'void', 'expiry')
                    AND (s.amount, d.amount, d.recorded_at) IS DISTINCT FROM (-j.amount, j.amount, j.recorded_at))
            """),
        ("every posting has its journal",
            """
            SELECT p.journal_id, count(*)::text FROM ledger.postings p LEFT JOIN ledger.journals j ON j.id = p.journal_id
            GROUP BY p.journal_id, j.kind
            HAVING j.kind IS NULL OR count(*) <> CASE WHEN j.kind IN ('hold', 'void', 'expiry') THEN 1 ELSE 2 END
            """),
        ("a journal is of the currency of both accounts",
            """
            SELECT j.id FROM ledger.journals j
            JOIN ledger.accounts s ON s.id = j.source_id JOIN ledger.accounts d ON d.id = j.destination_id
            WHERE j.currency <> s.currency OR j.currency <> d.currency
            """),
        ("what is held is the sum of the open holds",
            """
            SELECT a.id, a.held::text, h.held::text FROM ledger.accounts a
            LEFT JOIN (SELECT source_id, sum(amount - captured) AS held FROM ledger.holds WHERE status = 'open' GROUP BY source_id) h
                ON h.source_id = a.id
            WHERE a.held <> coalesce(h.held, 0)
            """),
        ("what a hold captured is the sum of its captures, and it ends once",
            """
            SELECT h.id, h.status FROM ledger.holds h LEFT JOIN ledger.journals j ON j.hold_id = h.id GROUP BY h.id
            HAVING h.captured <> coalesce(sum(j.amount) FILTER (WHERE j.kind = 'capture'), 0)
                OR h.version <> count(j.id) OR count(j.id) FILTER (WHERE j.kind = 'hold') <> 1
                OR count(j.id) FILTER (WHERE j.kind IN ('void', 'expiry')) <> (h.status IN ('voided', 'expired'))::int
            """),
        ("no more is reversed than was moved",
            """
            SELECT o.id FROM ledger.journals r JOIN ledger.journals o ON o.id = r.reverses_id
            GROUP BY o.id HAVING sum(r.amount) > o.amount OR bool_or((r.source_id, r.destination_id) <> (o.destination_id, o.source_id))
            """),
        ("no balance is under its limit", "SELECT id FROM ledger.accounts WHERE posted - held < min_available OR held < 0"),
        ("a key has at most one effect, which exists",
            """
            SELECT k.key, k.outcome FROM ledger.idempotency k, LATERAL jsonb_array_elements_text(k.outcome::jsonb -> 'journals') AS j (id)
            WHERE NOT EXISTS (SELECT FROM ledger.journals WHERE id = j.id::uuid)
            UNION ALL
            SELECT min(k.key), j.id FROM ledger.idempotency k, LATERAL jsonb_array_elements_text(k.outcome::jsonb -> 'journals') AS j (id)
            GROUP BY j.id HAVING count(*) > 1
            """),
        ("every movement was told, once",
            """
            SELECT j.id, count(o.id)::text FROM ledger.journals j
            LEFT JOIN outbox o ON o.aggregate_id = coalesce(j.operation_id, j.hold_id, j.id) AND o.type LIKE 'ledger.%'
            WHERE j.hold_id IS NULL GROUP BY j.id HAVING count(o.id) <> 1
            UNION ALL
            SELECT h.id, count(o.id)::text FROM ledger.holds h LEFT JOIN outbox o ON o.aggregate_id = h.id AND o.type LIKE 'ledger.%'
            GROUP BY h.id HAVING count(o.id) <> h.version OR max(o.aggregate_version) <> h.version
            """),
    ];

    /// <exception cref="InvalidOperationException">A promise is broken; the message names it and the first rows.</exception>
    public static async Task CheckAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        // One snapshot for all, whatever is written meanwhile.
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        // A server that was killed has forgotten how large its tables are, and would loop over them.
        await using (var plans = new NpgsqlCommand("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'", connection, transaction))
            await plans.ExecuteNonQueryAsync();
        var broken = new List<string>();
        foreach (var (promise, violations) in Promises)
        {
            await using var command =
                new NpgsqlCommand($"{violations} LIMIT 3", connection, transaction) { CommandTimeout = TimeoutSeconds };
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                var values = new object[reader.FieldCount];
                reader.GetValues(values);
                broken.Add($"{promise}: {string.Join(", ", values)}");
            }
        }

        if (broken.Count > 0)
            throw new InvalidOperationException(string.Join('\n', broken));
    }
}

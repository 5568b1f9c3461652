using Npgsql;
using Portico.Testing;

namespace Portico.IntegrationTests.Payments;

/// <summary>Recomputes what payments promise from the rows themselves, after the promises of the ledger.</summary>
internal static class PaymentChecker
{
    // Each gives the rows that break a promise.
    private static readonly (string Promise, string Violations)[] Promises =
    [
        (
            "a clearing account holds what was received, less fees and refunds",
            """
            SELECT a.kind, a.currency, a.posted::text, p.owed::text FROM ledger.accounts a
            LEFT JOIN (SELECT provider || 'Clearing' AS kind, currency, sum(captured - coalesce(fee, 0) - refunded) AS owed
                FROM payments WHERE captured IS NOT NULL GROUP BY 1, 2) p ON p.kind = a.kind AND p.currency = a.currency
            WHERE a.kind LIKE '%Clearing' AND -a.posted <> coalesce(p.owed, 0)
            """),
        (
            "what was received is deposited once, and nothing else is",
            """
            SELECT p.id, p.status, count(j.id)::text FROM payments p
            LEFT JOIN ledger.journals j ON j.kind = 'deposit' AND j.description = 'Payment ' || p.id
                AND j.amount = p.captured AND j.recorded_at <= p.ended_at + interval '1 second'
                AND (j.destination_id = p.wallet_id) = (p.status = 'succeeded')
            GROUP BY p.id HAVING count(j.id) <> (p.captured IS NOT NULL)::int
            """),
        (
            "refunds are never above what was received",
            """
            SELECT p.id, p.refunded::text, sum(r.amount)::text FROM payments p JOIN payment_refunds r ON r.payment_id = p.id
            WHERE r.status <> 'failed' GROUP BY p.id HAVING sum(r.amount) > p.captured
            """),
        (
            "what went back is the sum of the refunds",
            """
            SELECT p.id, p.refunded::text FROM payments p LEFT JOIN payment_refunds r ON r.payment_id = p.id AND r.status = 'succeeded'
            GROUP BY p.id HAVING p.refunded <> coalesce(sum(r.amount), 0)
            """),
        (
            "an ended refund holds nothing",
            """
            SELECT h.id, h.status FROM ledger.holds h JOIN ledger.accounts a ON a.id = h.destination_id AND a.kind LIKE '%Clearing'
            WHERE h.status = 'open' AND NOT EXISTS (
                SELECT FROM payment_refunds r JOIN payments p ON p.id = r.payment_id
                WHERE r.status = 'pending' AND p.wallet_id = h.source_id)
            """),
    ];

    /// <exception cref="InvalidOperationException">A promise is broken; the message names it and the first rows.</exception>
    public static async Task CheckAsync(string connectionString)
    {
        await LedgerChecker.CheckAsync(connectionString);
        await CheckPaymentsAsync(connectionString);
    }

    /// <summary>The same without the promises of the ledger alone.</summary>
    public static async Task CheckPaymentsAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var broken = new List<string>();
        foreach (var (promise, violations) in Promises)
        {
            await using var command = new NpgsqlCommand($"{violations} LIMIT 3", connection);
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

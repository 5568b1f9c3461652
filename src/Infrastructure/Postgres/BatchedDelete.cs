using Npgsql;

namespace Portico.Infrastructure.Postgres;

/// <summary>
/// Removes rows whose time is over, a bounded number a transaction, so that it holds nobody up and can be ended at any time.
/// </summary>
/// <remarks>
/// Replicas that do it at once wait for each other's batch and then find those rows gone. What is changed while it is looked at is judged
/// once more before it goes.
/// </remarks>
public static class BatchedDelete
{
    private const int BatchSize = 1_000;

    /// <param name="command">Makes a command of a data source, or of an open connection.</param>
    /// <param name="table">Whose rows go; in the condition they are called <c>purged</c>.</param>
    /// <param name="due">Which rows, with <c>$1</c> and so on for the values.</param>
    /// <param name="order">The column by which the oldest come first.</param>
    /// <param name="values">The values of the condition.</param>
    /// <param name="cancellationToken">Ends it after the batch.</param>
    /// <param name="locking">How the rows are locked when they are looked for, for who has the right to.</param>
    /// <returns>How many rows went.</returns>
    public static async Task<long> RunAsync(
        Func<string, NpgsqlCommand> command, string table, string due, string order, object[] values, CancellationToken cancellationToken,
        string locking =
            "")
    {
        // IS TRUE keeps the second judgement from any index: rows are gone to by their place alone, however many are thought to be due.
        await using var delete = command(
            $"""
            DELETE FROM {table} AS purged
            WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} AS purged WHERE {due} ORDER BY {order} LIMIT {BatchSize} {locking})) AND ({due}) IS TRUE
            """);
        foreach (var value in values)
            delete.Parameters.Add(new() { Value = value });
        for (long removed = 0; ;)
        {
            var batch = await delete.ExecuteNonQueryAsync(cancellationToken);
            removed += batch;
            if (batch < BatchSize)
                return removed;
        }
    }
}

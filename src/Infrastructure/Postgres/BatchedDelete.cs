using Npgsql;

namespace Portico.Infrastructure.Postgres;

/// <summary>Deletes old rows in batches, one transaction each, so that it blocks nobody for long and can be stopped at any time.</summary>
/// <remarks>
/// Replicas that run it at the same time wait for each other's batch and then find those rows deleted. The condition is checked again
/// before a row is deleted, so a row that was changed meanwhile is kept.
/// </remarks>
public static class BatchedDelete
{
    private const int BatchSize = 1_000;

    /// <summary>Deletes all rows that match a condition.</summary>
    /// <param name="command">Creates a command of a data source or of an open connection.</param>
    /// <param name="table">The table; its alias in the condition is <c>purged</c>.</param>
    /// <param name="due">The condition, with <c>$1</c> and so on for the values.</param>
    /// <param name="order">The column that sorts the oldest rows first.</param>
    /// <param name="values">The values of the condition.</param>
    /// <param name="cancellationToken">Stops it after the current batch.</param>
    /// <param name="locking">The locking clause of the search, for roles that have the right to lock.</param>
    /// <returns>The number of deleted rows.</returns>
    public static async Task<long> RunAsync(
        Func<string, NpgsqlCommand> command,
        string table,
        string due,
        string order,
        object[] values,
        CancellationToken cancellationToken,
        string locking = "")
    {
        // IS TRUE keeps the second check from using an index: rows are found by ctid alone, independent of the planner's estimate.
        await using var delete = command(
            $"""
            DELETE FROM {table} AS purged
            WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} AS purged WHERE {due} ORDER BY {order} LIMIT {BatchSize} {locking}))
                AND ({due}) IS TRUE
            """).With(values);
        for (long removed = 0; ;)
        {
            var batch = await delete.ExecuteNonQueryAsync(cancellationToken);
            removed += batch;
            if (batch < BatchSize)
                return removed;
        }
    }
}

using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Hosting;

/// <summary>Rows of a table are deleted at an age.</summary>
/// <param name="Table">The table; its alias in the condition is <c>purged</c>.</param>
/// <param name="Since">The column with the time from which the age counts; an index sorts it.</param>
/// <param name="Age">How long a row is kept.</param>
/// <param name="Condition">What else is true of the rows that are deleted.</param>
internal sealed record RetentionRule(string Table, string Since, TimeSpan Age, string Condition = "TRUE");

/// <summary>Deletes old rows by the rules of all features, in the order in which the features register them.</summary>
internal sealed partial class RetentionCleanup(
    IEnumerable<RetentionRule> rules, NpgsqlDataSource database, TimeProvider clock, ILogger<RetentionCleanup> logger)
    : PeriodicService(TimeSpan.FromMinutes(10), clock, logger)
{
    /// <summary>Deletes all old rows and returns their number.</summary>
    /// <exception cref="AggregateException">Rows of some tables can't be deleted; those of the others were.</exception>
    public async Task<long> Purge(CancellationToken cancellationToken)
    {
        var all = 0L;
        var failures = new List<Exception>();
        foreach (var rule in rules)
        {
            try
            {
                all += await Purge(rule, cancellationToken);
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Add(new InvalidOperationException($"Old rows of {rule.Table} can't be deleted: {failure.Message}", failure));
            }
        }

        return failures.Count == 0 ? all : throw new AggregateException(failures);
    }

    protected override Task Do(long round, CancellationToken cancellationToken) => Purge(cancellationToken);

    private async Task<long> Purge(RetentionRule rule, CancellationToken cancellationToken)
    {
        var removed = await BatchedDelete.RunAsync(
            database.CreateCommand, rule.Table, $"{rule.Since} < $1 AND {rule.Condition}", rule.Since, [Clock.GetUtcNow() - rule.Age],
            cancellationToken);
        if (removed > 0)
            LogPurged(removed, rule.Table);
        return removed;
    }

    [LoggerMessage(1, LogLevel.Information, "Deleted {Removed} rows of {Table} after their retention time")]
    private partial void LogPurged(long removed, string table);
}

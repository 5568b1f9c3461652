using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Exchange;

/// <summary>Deletes quotes that expired a day ago; what was accepted stays in the ledger.</summary>
internal sealed partial class ExchangeQuoteCleanup(NpgsqlDataSource database, TimeProvider clock, ILogger<ExchangeQuoteCleanup> logger)
    : PeriodicService(TimeSpan.FromHours(1), clock, logger)
{
    private static readonly TimeSpan Retention = TimeSpan.FromDays(1);

    /// <summary>Deletes all old quotes and returns their number.</summary>
    public Task<long> Purge(CancellationToken cancellationToken) => BatchedDelete.RunAsync(
        database.CreateCommand, "exchange_quotes", "expires_at < $1", "expires_at", [Clock.GetUtcNow() - Retention], cancellationToken);

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (await Purge(cancellationToken) is > 0 and var removed)
            LogPurged(removed);
    }

    [LoggerMessage(1, LogLevel.Information, "Deleted {Removed} expired quotes of exchanges")]
    private partial void LogPurged(long removed);
}

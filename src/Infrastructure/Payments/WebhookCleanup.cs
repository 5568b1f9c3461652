using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Payments;

/// <summary>Deletes old notifications of providers.</summary>
internal sealed partial class WebhookCleanup(
    NpgsqlDataSource database, PaymentSettings settings, TimeProvider clock, ILogger<WebhookCleanup> logger)
    : PeriodicService(TimeSpan.FromHours(1), clock, logger)
{
    /// <summary>Deletes all old notifications and returns their number.</summary>
    public Task<long> Purge(CancellationToken cancellationToken) => BatchedDelete.RunAsync(
        database.CreateCommand, "payment_webhooks", "received_at < $1", "received_at", [Clock.GetUtcNow() - settings.WebhookRetention],
        cancellationToken);

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (await Purge(cancellationToken) is > 0 and var removed)
            LogPurged(removed);
    }

    [LoggerMessage(1, LogLevel.Information, "Deleted {Removed} old notifications of payment providers")]
    private partial void LogPurged(long removed);
}

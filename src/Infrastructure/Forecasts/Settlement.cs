using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Forecasts;

/// <summary>Settles the forecasts of sports events that have a result, one batch of bounded size per transaction.</summary>
/// <remarks>
/// A batch commits the points of its forecasts together with their domain events and the scores, so each forecast is settled exactly
/// once, also after a crash. A replica skips a sports event that another replica is settling.
/// </remarks>
internal sealed class Settlement(
    IServiceScopeFactory scopes, NpgsqlDataSource database, SettlementSignal signal, TimeProvider clock, ILogger<Settlement> logger)
    : PeriodicService(PollInterval, clock, logger, signal)
{
    public const int BatchSize = 500;

    // Only for results that another process set and did not settle: this process wakes at once for its own.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    /// <summary>Settles the next batch of one sports event.</summary>
    /// <returns>Whether there was a batch.</returns>
    public async Task<bool> SettleBatch(CancellationToken cancellationToken)
    {
        // A scope for each batch, so that its records are released before the next batch.
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
        var outcome = await scope.ServiceProvider.GetRequiredService<ITransaction>()
            .Run<Result<bool>>(async token => await SettleBatch(db, token), cancellationToken);
        // After a conflict with a concurrent change there is more to do.
        return outcome.Error is not null || outcome.Value;
    }

    /// <remarks>A batch that is not committed when the host stops is settled by another replica or after the next start.</remarks>
    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        // Usually there is nothing to settle, and this statement costs a tenth of a transaction with its DbContext.
        if (!await IsAnythingDue(cancellationToken))
            return;
        while (await SettleBatch(cancellationToken))
        {
            // Until nothing is left.
        }
    }

    private async Task<bool> IsAnythingDue(CancellationToken cancellationToken) =>
        await database.CreateCommand("SELECT EXISTS (SELECT FROM events WHERE result IS NOT NULL AND settled_at IS NULL)")
            .ReadValue(cancellationToken) is true;

    private async Task<bool> SettleBatch(AppDbContext db, CancellationToken cancellationToken)
    {
        var about = await db.Set<SportEvent>()
            .FromSql(
                $"""
                SELECT * FROM events WHERE result IS NOT NULL AND settled_at IS NULL
                ORDER BY result_set_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
                """)
            .SingleOrDefaultAsync(cancellationToken);
        if (about is null)
            return false;

        var batch = await db.Set<Forecast>().OfEveryOwner().Where(f => f.EventId == about.Id && f.SettledAt == null)
            .OrderBy(f => f.Id).Take(BatchSize).ToListAsync(cancellationToken);
        var now = Clock.GetUtcNow();
        foreach (var forecast in batch)
            forecast.Settle(about, now);
        if (batch.Count < BatchSize)
            about.FinishSettlement(now);
        await ForecasterScores.Add(db, batch, cancellationToken);
        return true;
    }
}

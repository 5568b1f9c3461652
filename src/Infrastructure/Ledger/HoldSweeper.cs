using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Releases expired holds.</summary>
/// <remarks>
/// The ledger checks under the lock of the account that a hold is due and open, so replicas that find the same hold release it once.
/// </remarks>
internal sealed class HoldSweeper(
    NpgsqlDataSource database, ILedger ledger, LedgerSettings settings, TimeProvider clock, ILogger<HoldSweeper> logger)
    : PeriodicService(settings.SweepInterval, clock, logger)
{
    private const int BatchSize = 500;

    /// <summary>Releases all expired holds and returns how many this call released.</summary>
    public async Task<int> Sweep(CancellationToken cancellationToken)
    {
        for (var released = 0; ;)
        {
            var due = await FindDue(cancellationToken);
            var results = await Task.WhenAll(due.Select(id => ledger.Execute(
                new Release(id, Expired: true) { Id = Ids.New(Clock.GetUtcNow()) }, cancellationToken)));
            released += results.Count(result => result.Error is null);
            if (due.Count < BatchSize)
                return released;
        }
    }

    protected override Task Do(long round, CancellationToken cancellationToken) => Sweep(cancellationToken);

    private Task<IReadOnlyList<Guid>> FindDue(CancellationToken cancellationToken) => database
        .CreateCommand("SELECT id FROM ledger.holds WHERE status = 'open' AND expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1")
        .With(BatchSize)
        .ReadAll(row => row.GetGuid(0), cancellationToken);
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Ledger;
using Portico.Domain.Ledger;

namespace Portico.Infrastructure.Persistence.Ledger;

/// <summary>Releases what is left of holds whose time is over.</summary>
/// <remarks>
/// Only proposes: that a hold is due and still open is judged under its account's lock, so replicas that find the same one do it once.
/// </remarks>
internal sealed partial class HoldSweeper(NpgsqlDataSource database, ILedger ledger, LedgerSettings settings, TimeProvider clock, ILogger<HoldSweeper> logger)
    : BackgroundService
{
    private const int BatchSize = 500;

    /// <summary>Releases all that are due and gives how many this call released.</summary>
    public async Task<int> Sweep(CancellationToken cancellationToken)
    {
        for (var released = 0; ;)
        {
            var due = await FindDue(cancellationToken);
            var outcomes = await Task.WhenAll(due.Select(id => ledger.Carry(
                new Release(id, Expired: true) { Id = Guid.CreateVersion7(clock.GetUtcNow()) }, cancellationToken)));
            released += outcomes.Count(outcome => outcome.Refusal is null);
            if (due.Count < BatchSize)
                return released;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.SweepInterval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TrySweep(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task TrySweep(CancellationToken cancellationToken)
    {
        try
        {
            await Sweep(cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever it was, the next round tries again; a hold that stays open for a while longer harms nobody.
            if (failure is DependencyUnavailableException || DatabaseOutage.Is(failure))
                LogAway(failure.Message);
            else
                LogFailure(failure);
        }
    }

    private async Task<List<Guid>> FindDue(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT id FROM ledger.holds WHERE status = 'open' AND expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = BatchSize });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var due = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
            due.Add(reader.GetGuid(0));
        return due;
    }

    [LoggerMessage(1, LogLevel.Warning, "Holds that are due could not be released now: {Failure}")]
    private partial void LogAway(string failure);

    [LoggerMessage(2, LogLevel.Error, "Holds that are due could not be released")]
    private partial void LogFailure(Exception failure);
}

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.HashChain;

/// <summary>Seals blocks after commits of money; every replica may, and one at a time does.</summary>
/// <remarks>
/// A commit of this process wakes it. The poll finds only what dead processes and console programs wrote, so an idle process costs next to
/// nothing.
/// </remarks>
internal sealed class ChainSealing : PeriodicService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    private readonly NpgsqlDataSource _database;
    private readonly BlockSealer _sealer;
    private readonly HashChainSettings _settings;
    private readonly CommittedEvents _events;
    private readonly Counter<long> _blocks;
    private readonly Counter<long> _journals;
    private double _oldest;

    public ChainSealing(
        NpgsqlDataSource database,
        BlockSealer sealer,
        HashChainSettings settings,
        CommittedJournals committed,
        CommittedEvents events,
        IMeterFactory meters,
        TimeProvider clock,
        ILogger<ChainSealing> logger)
        : base(PollInterval, clock, logger, committed)
    {
        (_database, _sealer, _settings, _events) = (database, sealer, settings, events);
        var meter = meters.Create("Portico.HashChain");
        _blocks = meter.CreateCounter<long>("portico.chain.blocks", "{block}", "Blocks that this process sealed");
        _journals = meter.CreateCounter<long>("portico.chain.journals", "{journal}", "Journals that this process sealed");
        meter.CreateObservableGauge(
            "portico.chain.unsealed.oldest", () => Volatile.Read(ref _oldest), "s", "Age of the oldest journal that is in no block");
    }

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        if (_settings.SealInterval == TimeSpan.Zero)
            return;
        // The commits of this time share a block.
        if (round > 0)
            await Task.Delay(_settings.SealInterval, Clock, cancellationToken);

        var sealedBlock = new SealedBlock(0, HasMore: true, null);
        await using (var connection = await _database.OpenConnectionAsync(cancellationToken))
        {
            while (sealedBlock.HasMore)
            {
                sealedBlock = await _sealer.Seal(connection, cancellationToken);
                if (sealedBlock.Journals == 0)
                    continue;
                _blocks.Add(1);
                _journals.Add(sealedBlock.Journals);
                _events.Set();
            }
        }

        Volatile.Write(ref _oldest, sealedBlock.Oldest?.TotalSeconds ?? 0);
        // Another process is sealing, or a transaction that is under way holds the next block back.
        if (sealedBlock.Oldest is not null)
            Wake();
    }
}

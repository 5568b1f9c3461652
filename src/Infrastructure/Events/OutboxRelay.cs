using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.Events;

/// <summary>Publishes the events of committed transactions, at least once and in order for each aggregate.</summary>
/// <remarks>
/// Several replicas share the work: each locks rows of its own, publishes, awaits the acknowledgements, removes what left and commits.
/// Each is woken by the commits of its own process, so that the poll finds only what a dead process left.
/// An event that the stream will never take holds up its own aggregate only, and is tried again once a minute.
/// </remarks>
internal sealed partial class OutboxRelay(
    NpgsqlDataSource database,
    EventPublisher publisher,
    NatsConnection nats,
    OutboxSignal signal,
    OutboxSettings settings,
    TokenSettings tokens,
    OutboxMetrics metrics,
    TimeProvider clock,
    ILogger<OutboxRelay> logger) : BackgroundService
{
    private const int MaxStuck = 1_000;

    // Commits of a few milliseconds leave together: one claim for many.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);
    // Another replica has the version before; it will not tell when it is done.
    private static readonly TimeSpan FirstBlockedRest = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan FirstRest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StuckRest = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan WholeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Guid, long> _stuckSince = [];
    private Guid _nothingBefore;
    private Guid _blockedUpTo;
    private long _wholeAt;
    private int _failures;
    private int _blockedRounds;

    /// <summary>Publishes one batch; gives how many events the stream took.</summary>
    /// <returns>-1 when there was nothing to do, or nothing that could be done now.</returns>
    public async Task<int> RelayOnce(CancellationToken cancellationToken)
    {
        var from = From();
        await using var batch = await OutboxBatch.ClaimAsync(database, settings.BatchSize, from, Stuck(), cancellationToken);
        if (from == default && batch.Claimed < settings.BatchSize)
            _nothingBefore = EventIds.FirstOf(clock.GetUtcNow() - Margin);
        // A whole batch that waits for versions with higher ids, as a clock that was set back leaves them: those come first.
        _blockedUpTo = batch.Ready.Count == 0 && batch.Claimed == settings.BatchSize ? batch.Last : default;
        _blockedRounds = batch.Ready.Count < batch.Claimed ? _blockedRounds + 1 : 0;
        if (batch.Ready.Count == 0)
            return _blockedUpTo == default ? -1 : 0;

        // To its end though the host stops: what is published is no longer waiting, or it would be published again.
        var result = await publisher.Publish(batch.Ready, tokens.Issuer, CancellationToken.None);
        await batch.CommitAsync(result.Published, CancellationToken.None);
        Report(result);
        return result.Outage is null ? result.Published.Count : -1;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                var published = await TryRelay(stoppingToken);
                if (_failures > 0)
                    await Task.Delay(Rest(), clock, stoppingToken);
                else if (published < 0)
                    await signal.WaitAsync(Idle(), stoppingToken);
                if (published < settings.BatchSize)
                    await Task.Delay(Gathering, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task<int> TryRelay(CancellationToken cancellationToken)
    {
        try
        {
            // Nothing is claimed that could not leave.
            return nats.ConnectionState == NatsConnectionState.Open
                ? await RelayOnce(cancellationToken)
                : Fail("away", "there is no connection to NATS");
        }
        catch (Exception failure) when (DatabaseOutage.Is(failure))
        {
            return Fail("database", failure.Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A mistake of ours must neither end the process nor the relaying of what comes after.
            LogFailure(failure);
            return Fail("error", failure.Message);
        }
    }

    private void Report(Publishing result)
    {
        var now = clock.GetUtcNow();
        foreach (var message in result.Published)
            metrics.Published(now - message.OccurredAt);
        foreach (var (message, reason) in result.Refused)
        {
            if (_stuckSince.Count < MaxStuck)
                _stuckSince[message.AggregateId] = Stopwatch.GetTimestamp();
            metrics.Failed("refused");
            LogRefused(message.Id, message.Type, reason);
        }

        if (result.Outage is { } outage)
            Fail("away", outage);
        else if (_failures > 0)
            Recover();
    }

    private int Fail(string reason, string message)
    {
        metrics.Failed(reason);
        // Said once, however often it is tried.
        if (_failures++ == 0)
            LogAway(message);
        return -1;
    }

    private void Recover()
    {
        _failures = 0;
        LogBack();
    }

    private TimeSpan Rest() => Doubled(FirstRest, _failures, LongestRest) * (0.75 + (Random.Shared.NextDouble() / 4));

    private TimeSpan Idle() =>
        _blockedRounds > 0 ? Doubled(FirstBlockedRest, _blockedRounds, settings.PollInterval) : settings.PollInterval;

    private static TimeSpan Doubled(TimeSpan first, int round, TimeSpan longest)
    {
        var rest = first * Math.Pow(2, Math.Min(round - 1, 10));
        return rest < longest ? rest : longest;
    }

    /// <summary>From when on to look.</summary>
    /// <remarks>
    /// Seldom from the beginning, where the index is full of what was published and not vacuumed yet. What was older than the margin when
    /// it was committed is found by the next look at the whole.
    /// </remarks>
    private Guid From()
    {
        if (_blockedUpTo != default)
            return _blockedUpTo;
        if (_nothingBefore != default && Stopwatch.GetElapsedTime(_wholeAt) < WholeInterval)
            return _nothingBefore;
        _wholeAt = Stopwatch.GetTimestamp();
        return _nothingBefore = default;
    }

    private Guid[] Stuck()
    {
        foreach (var (aggregate, since) in _stuckSince)
        {
            if (Stopwatch.GetElapsedTime(since) > StuckRest)
                _stuckSince.Remove(aggregate);
        }

        return [.. _stuckSince.Keys];
    }

    [LoggerMessage(1, LogLevel.Warning, "Events wait in the outbox: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "Events are published again")]
    private partial void LogBack();

    [LoggerMessage(3, LogLevel.Error, "Event {Id} ({Type}) is refused and holds up its aggregate: {Reason}")]
    private partial void LogRefused(Guid id, string type, string reason);

    [LoggerMessage(4, LogLevel.Error, "The relay failed")]
    private partial void LogFailure(Exception failure);
}

using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Npgsql;
using Portico.Domain.Common;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.Events;

/// <summary>Publishes the events of committed transactions, at least once and in order for each aggregate.</summary>
/// <remarks>
/// Several replicas share the work: each locks its own rows, publishes, awaits the acknowledgements, removes published rows and commits.
/// The commits of its own process wake a relay, so the poll only finds the events of a process that died.
/// Before it publishes over a new connection, it looks whether the stream has lost events: they come before newer ones of their aggregates.
/// An event that the stream never accepts blocks only its own aggregate, and is tried again once a minute.
/// </remarks>
internal sealed partial class OutboxRelay(
    [FromKeyedServices(PostgresRegistration.Direct)] NpgsqlDataSource database,
    EventPublisher publisher,
    NatsConnection nats,
    StreamRecovery recovery,
    CommittedEvents committed,
    OutboxSettings settings,
    TokenSettings tokens,
    OutboxMetrics metrics,
    TimeProvider clock,
    ILogger<OutboxRelay> logger) : BackgroundService
{
    private const int MaxBlocked = 1_000;

    // What can't be compared, as without the permission to, or a stream that can't be read, must not stop the events for good.
    private const int MaxRecoveries = 30;
    private const int MaxReads = 2;

    // Events of a few milliseconds are published together, with one claim.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);
    // Another replica has the previous version, and gives no signal when it is published.
    private static readonly TimeSpan FirstWaitPause = TimeSpan.FromMilliseconds(25);
    private static readonly Backoff FailurePauses = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
    private static readonly TimeSpan BlockedPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan FullClaimInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly Dictionary<Guid, long> _blockedSince = [];
    private (string Server, ulong Client) _recovered;
    private int _failedRecoveries;
    private int _failedReads;
    private Guid _emptyBefore;
    private Guid _blockedUpTo;
    private bool _isReadingNext;
    private long _fullClaimAt;
    private int _failures;
    private int _blockedRounds;

    /// <summary>Publishes one batch.</summary>
    /// <returns>The number of published events; -1 when there was nothing to publish or nothing could be published now.</returns>
    public async Task<int> RelayOnce(CancellationToken cancellationToken)
    {
        await using var batch = await Claim(cancellationToken);
        if (batch.Ready.Count == 0)
        {
            await batch.CommitAsync([], CancellationToken.None);
            return _blockedUpTo != default || _isReadingNext || batch.Split > 0 || committed.HasGroups ? 0 : -1;
        }

        // Not cancelled when the host stops: published rows must be removed, or they would be published again.
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
                    await Task.Delay(Pause(), clock, stoppingToken);
                else if (published < 0)
                    await committed.WaitAsync(Idle(), stoppingToken);
                if (published < settings.BatchSize)
                    await Task.Delay(Gathering, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Takes the groups that this process has committed, or claims whatever waits: in turns, when both is needed.</summary>
    private async Task<OutboxBatch> Claim(CancellationToken cancellationToken)
    {
        if (!_isReadingNext && committed.TakeGroups() is { Count: > 0 } known)
        {
            _isReadingNext = committed.HasOthers || _failures > 0 || _blockedRounds > 0
                || Stopwatch.GetElapsedTime(_fullClaimAt) > FullClaimInterval;
            return await OutboxBatch.TakeAsync(database, known, cancellationToken);
        }

        _isReadingNext = false;
        if (committed.TakeOthers())
            _fullClaimAt = 0;
        // What is not in the memory of its process comes last: a claim from the beginning splits groups.
        var from = From();
        var split = from == default ? settings.BatchSize : 0;
        var batch = await OutboxBatch.ClaimAsync(database, settings.BatchSize, from, BlockedAggregates(), split, cancellationToken);
        if (batch.Split > 0 && batch.Split >= split)
            _fullClaimAt = 0;
        if (from == default && batch.Claimed < settings.BatchSize)
            _emptyBefore = Ids.FirstOf((clock.GetUtcNow() - Margin).ToUnixTimeMilliseconds());
        // A full batch can wait for versions with higher ids, when a clock was set back. Then the next claim begins after this batch.
        _blockedUpTo = batch.Ready.Count == 0 && batch.Claimed == settings.BatchSize ? batch.Last : default;
        _blockedRounds = batch.Ready.Count < batch.Claimed ? _blockedRounds + 1 : 0;
        return batch;
    }

    private async Task<int> TryRelay(CancellationToken cancellationToken)
    {
        try
        {
            // Without a connection no rows are claimed.
            if (nats.ConnectionState != NatsConnectionState.Open || nats.ServerInfo is not { } server)
                return Fail("away", "there is no connection to NATS");
            return _recovered == (server.Id, server.ClientId) || await TryRecover((server.Id, server.ClientId), cancellationToken)
                ? await RelayOnce(cancellationToken)
                : -1;
        }
        catch (Exception failure) when (DatabaseOutage.Is(failure))
        {
            return Fail("database", failure.Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A bug must stop neither the process nor the relay.
            LogFailure(failure);
            return Fail("error", failure.Message);
        }
    }

    /// <summary>Looks once over each connection whether the stream has lost events.</summary>
    /// <returns>Whether events may be published.</returns>
    private async Task<bool> TryRecover((string Server, ulong Client) connection, CancellationToken cancellationToken)
    {
        try
        {
            await recovery.Recover(cancellationToken);
        }
        catch (Exception failure) when (!DatabaseOutage.Is(failure) && !cancellationToken.IsCancellationRequested)
        {
            if (failure is NatsException ? ++_failedRecoveries < MaxRecoveries : ++_failedReads < MaxReads)
            {
                Fail("away", $"the stream can't be compared with the outbox: {failure.Message}");
                return false;
            }

            LogNotCompared(failure.Message);
        }

        (_recovered, _failedRecoveries, _failedReads, _emptyBefore) = (connection, 0, 0, default);
        return true;
    }

    private void Report(Publishing result)
    {
        var now = clock.GetUtcNow();
        foreach (var message in result.Published)
            metrics.Published(now - message.OccurredAt);
        foreach (var (message, reason) in result.Refused)
        {
            if (_blockedSince.Count < MaxBlocked)
                _blockedSince[message.AggregateId] = Stopwatch.GetTimestamp();
            metrics.Failed("refused");
            LogRefused(message.Id, message.Type, reason);
        }

        if (result.Outage is { } outage)
            Fail("away", outage);
        else if (_failures > 0)
        {
            _failures = 0;
            LogBack();
        }
    }

    private int Fail(string reason, string message)
    {
        metrics.Failed(reason);
        // Logged once per outage.
        if (_failures++ == 0)
            LogAway(message);
        return -1;
    }

    private TimeSpan Pause() => FailurePauses.After(_failures) * (0.75 + (Random.Shared.NextDouble() / 4));

    private TimeSpan Idle() =>
        _blockedRounds > 0 ? new Backoff(FirstWaitPause, settings.PollInterval).After(_blockedRounds) : settings.PollInterval;

    /// <summary>The id after which the next claim begins.</summary>
    /// <remarks>
    /// A claim rarely starts at the beginning, because the index there is full of published rows that are not vacuumed yet. The next full
    /// claim finds the events that were older than the margin when they were committed.
    /// </remarks>
    private Guid From()
    {
        if (_blockedUpTo != default)
            return _blockedUpTo;
        if (_emptyBefore != default && Stopwatch.GetElapsedTime(_fullClaimAt) < FullClaimInterval)
            return _emptyBefore;
        _fullClaimAt = Stopwatch.GetTimestamp();
        return _emptyBefore = default;
    }

    private Guid[] BlockedAggregates()
    {
        foreach (var (aggregate, since) in _blockedSince)
        {
            if (Stopwatch.GetElapsedTime(since) > BlockedPause)
                _blockedSince.Remove(aggregate);
        }

        return [.. _blockedSince.Keys];
    }

    [LoggerMessage(1, LogLevel.Warning, "The relay can't publish, and events wait in the outbox: {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "The relay publishes events again")]
    private partial void LogBack();

    [LoggerMessage(3, LogLevel.Error, "The stream does not accept event {Id} ({Type}), which blocks the events of its aggregate: {Reason}")]
    private partial void LogRefused(Guid id, string type, string reason);

    [LoggerMessage(4, LogLevel.Error, "The relay failed")]
    private partial void LogFailure(Exception failure);

    [LoggerMessage(5, LogLevel.Error, "The stream can't be compared with the outbox, so events that it has lost are not found: {Reason}")]
    private partial void LogNotCompared(string reason);
}

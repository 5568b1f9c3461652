using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Ledger;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Executes instructions with group commit: all instructions that wait while a transaction runs share the next one.</summary>
/// <remarks>
/// When the answer to a commit is lost, the instruction is executed again and finds its idempotency key. An instruction without a key gets
/// its id as key; clients can't send such a key, because their keys belong to a user.
/// </remarks>
internal sealed partial class LedgerWriter : ILedger, IHostedService, IAsyncDisposable
{
    private const string Name = "The ledger";
    private const int MaxTries = 4;
    private const int FingerprintLength = 32;

    // The cost depends on the number of legs, and a batch may have many of them.
    private const int MaxLegs = 2_000;

    private static readonly TimeSpan OutageLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OutagePause = TimeSpan.FromMilliseconds(50);

    private readonly LedgerSettings _settings;
    private readonly LedgerLimits _limits;
    private readonly CommittedEvents _events;
    private readonly CommittedJournals _journals;
    private readonly ILogger<LedgerWriter> _logger;
    private readonly TimeProvider _clock;
    private readonly NpgsqlDataSource _database;
    private readonly Channel<Entry> _queue;
    private readonly Histogram<int> _groups;
    private readonly Counter<long> _retries;
    private Task _writing = Task.CompletedTask;

    public LedgerWriter(
        DatabaseSettings database,
        LedgerSettings settings,
        CommittedEvents events,
        CommittedJournals journals,
        IMeterFactory meters,
        TimeProvider clock,
        ILogger<LedgerWriter> logger)
    {
        (_settings, _events, _journals, _logger, _clock) = (settings, events, journals, logger, clock);
        _limits = new LedgerLimits(settings.MaxMovement, settings.MaxOpenHolds);
        _database = database.CreateLedgerDataSource(settings.Writers);
        _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(settings.QueueCapacity) { SingleReader = settings.Writers == 1 });
        var meter = meters.Create("Portico.Ledger");
        _groups = meter.CreateHistogram<int>("portico.ledger.group.size", "{instruction}", "How many instructions shared a transaction");
        _retries = meter.CreateCounter<long>("portico.ledger.retries", "{transaction}", "Transactions that were tried again");
        meter.CreateObservableGauge(
            "portico.ledger.queue.length", () => _queue.Reader.Count, "{instruction}", "Instructions that wait for a transaction");
    }

    public Task<InstructionResult> Execute(Instruction instruction, CancellationToken cancellationToken)
    {
        var entry = new Entry(
            instruction.Key is null
                ? instruction with { Key = new InstructionKey(Guid.Empty, $"{instruction.Id}", new byte[FingerprintLength]) }
                : instruction);
        // Before the writer can have it, so that the writer ends it.
        entry.EndWaitWhen(cancellationToken);
        if (_queue.Writer.TryWrite(entry))
            return entry.Task;

        // The queue is full, or closed because this process shuts down.
        entry.Fail(new DependencyUnavailableException(Name) { RetryAfter = TimeSpan.FromSeconds(1) });
        return entry.Task;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _writing = Task.WhenAll(Enumerable.Range(0, _settings.Writers).Select(_ => Task.Run(WriteAll, CancellationToken.None)));
        return Task.CompletedTask;
    }

    /// <summary>Accepts no more instructions and executes the waiting ones.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await _writing.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _database.DisposeAsync();
    }

    private async Task WriteAll()
    {
        await using var worker = new Worker(this);
        var group = new List<Entry>(_settings.MaxBatch);
        while (await _queue.Reader.WaitToReadAsync())
        {
            group.Clear();
            for (var legs = 0; group.Count < _settings.MaxBatch && legs < MaxLegs && _queue.Reader.TryRead(out var entry);)
            {
                group.Add(entry);
                legs += entry.Instruction is Movement movement ? movement.Legs.Count : 1;
            }

            if (group.Count == 0)
                continue;
            _groups.Record(group.Count);
            await worker.Write(group);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A transaction of {Count} instructions is tried again: {Failure}")]
    private partial void LogRetry(int count, string failure);

    [LoggerMessage(2, LogLevel.Error, "An instruction could not be executed")]
    private partial void LogFailure(Exception failure);

    private sealed class Entry(Instruction instruction)
        : TaskCompletionSource<InstructionResult>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private CancellationTokenRegistration _cancellation;

        public Instruction Instruction { get; } = instruction;

        /// <summary>Nobody waits any longer when the token is cancelled; the instruction is executed nevertheless.</summary>
        public void EndWaitWhen(CancellationToken cancellationToken) => _cancellation = cancellationToken.UnsafeRegister(
            static (entry, token) => ((Entry)entry!).TrySetCanceled(token), this);

        public void Succeed(InstructionResult result)
        {
            _cancellation.Unregister();
            TrySetResult(result);
        }

        public void Fail(Exception failure)
        {
            _cancellation.Unregister();
            TrySetException(failure);
        }
    }

    /// <summary>One writer with its connection.</summary>
    private sealed class Worker(LedgerWriter writer) : IAsyncDisposable
    {
        private LedgerSession? _session;
        private bool _isAway;

        /// <summary>Executes a group; every entry gets a result or an exception.</summary>
        public async Task Write(IReadOnlyList<Entry> group)
        {
            var started = writer._clock.GetTimestamp();
            for (var @try = 1; ; @try++)
            {
                try
                {
                    _session ??= await LedgerSession.Open(
                        writer._database, withEvents: true, writer._limits, Remembered(), CancellationToken.None);
                    var results = await _session.Execute([.. group.Select(entry => entry.Instruction)]);
                    _isAway = false;
                    writer._events.Add(_session.Events);
                    for (var i = 0; i < group.Count; i++)
                        group[i].Succeed(results[i]);
                    writer._journals.Add(_session.Decision!.Journals, _session.Decision.Postings);
                    return;
                }
                catch (Exception failure)
                {
                    if (DatabaseOutage.Is(failure) || failure is not PostgresException)
                        await Close();
                    if (DatabaseOutage.Is(failure))
                    {
                        // Only the first group waits; the groups after it fail immediately until PostgreSQL is back.
                        if (_isAway || writer._clock.GetElapsedTime(started) > OutageLimit)
                        {
                            _isAway = true;
                            FailAll(group, new DependencyUnavailableException(Name, failure));
                            return;
                        }

                        await Task.Delay(OutagePause, writer._clock);
                        writer._retries.Add(1);
                        continue;
                    }

                    if (@try < MaxTries && failure is PostgresException
                        {
                            SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
                                or PostgresErrorCodes.UniqueViolation,
                        } race)
                    {
                        writer.LogRetry(group.Count, race.MessageText);
                        writer._retries.Add(1);
                        continue;
                    }

                    if (group.Count > 1)
                    {
                        // One of the instructions causes the failure; the others must not fail with it.
                        writer._retries.Add(1);
                        await Write([.. group.Take(group.Count / 2)]);
                        await Write([.. group.Skip(group.Count / 2)]);
                        return;
                    }

                    writer.LogFailure(failure);
                    FailAll(group, failure);
                    return;
                }
            }
        }

        public async ValueTask DisposeAsync() => await Close();

        private RememberedAccounts? Remembered() => writer._settings.RememberedAccounts is > 0 and var capacity
            ? new RememberedAccounts(capacity, writer._clock)
            : null;

        private static void FailAll(IReadOnlyList<Entry> group, Exception failure)
        {
            foreach (var entry in group)
                entry.Fail(failure);
        }

        private async Task Close()
        {
            if (_session is { } session)
            {
                _session = null;
                await session.DisposeAsync();
            }
        }
    }
}

using Microsoft.Extensions.Logging;
using Polly;
using Portico.Application.Dashboard;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Reads parts of the dashboard: coalesced, bounded in time, and with the last good copy after a failure.</summary>
internal sealed partial class PartReader(
    ICallerWork caller, CoalescedReads reads, LastGoodCopies copies, Downstreams downstreams, PartMetrics metrics, TimeProvider clock,
    ILogger<PartReader> logger)
    : IPartReader
{
    public async Task<PartAnswer> Read(DashboardPart part, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var snapshot = caller.Capture();
        var key = new PartKey(part.Name, snapshot.Key);
        var limit = deadline * part.Share;
        var result = await reads.Read(key, limit, token => ReadOnce(part, key, snapshot, limit, token), cancellationToken);
        var answer = Answer(part, key, result, clock.GetElapsedTime(started));
        metrics.Read(answer);
        return answer;
    }

    private PartAnswer Answer(DashboardPart part, PartKey key, Result<byte[]> result, TimeSpan duration) => result.Error switch
    {
        null => new PartAnswer(part, PartStatus.Ok, result.Value, TimeSpan.Zero, duration, null),
        { Kind: ErrorKind.Unavailable or ErrorKind.TooManyRequests } outage when copies.Find(key) is var (copy, age) =>
            new PartAnswer(part, PartStatus.Stale, copy, age, duration, outage),
        var error => new PartAnswer(part, PartStatus.Failed, default, TimeSpan.Zero, duration, error),
    };

    private async Task<Result<byte[]>> ReadOnce(
        DashboardPart part, PartKey key, ICallerSnapshot snapshot, TimeSpan limit, CancellationToken cancellationToken)
    {
        var deadline = new CallDeadline(limit, clock);
        try
        {
            var reading = part.Downstream is { } name
                ? downstreams[name].Read(Attempt, deadline, cancellationToken)
                : Attempt(cancellationToken);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Late, or nobody waits any more: whatever a driver throws when it is cancelled.
            if (!reading.IsCompletedSuccessfully && cancellationToken.IsCancellationRequested)
                return DashboardErrors.PartTimeout;
            var result = await reading;
            if (part.IsCacheable && result.Error is null)
                copies.Keep(key, result.Value);
            else if (result.Error is { Kind: not (ErrorKind.Unavailable or ErrorKind.TooManyRequests) })
                copies.Forget(key);
            return result;
        }
        catch (ExecutionRejectedException)
        {
            // An open breaker has its own log lines; one for each refused call would hide the others.
            return DashboardErrors.PartUnavailable;
        }
        catch (Exception failure) when (Outage.Is(failure))
        {
            LogUnavailable(part.Name, failure.GetType().Name, failure.Message);
            return DashboardErrors.PartUnavailable;
        }
        catch (Exception failure)
        {
            LogFailed(failure, part.Name);
            return DashboardErrors.PartFailed;
        }

        Task<Result<byte[]>> Attempt(CancellationToken token) => snapshot.Run(
            (scope, stop) =>
            {
                CallDeadline.Current = deadline;
                return part.Read(scope, stop);
            },
            token);
    }

    [LoggerMessage(1, LogLevel.Warning, "The part {Part} is unavailable: {FailureType}: {Failure}")]
    private partial void LogUnavailable(string part, string failureType, string failure);

    [LoggerMessage(2, LogLevel.Error, "The part {Part} failed unexpectedly")]
    private partial void LogFailed(Exception failure, string part);
}

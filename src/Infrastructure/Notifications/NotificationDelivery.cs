using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Notifications;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Notifications;

/// <summary>Sends the letters of the table <c>messages</c>, several at a time and from as many processes as there are.</summary>
/// <remarks>
/// A failure that may pass is tried again after a pause that doubles; one for good, or one that goes on for <c>Mail:GiveUpAfter</c>,
/// makes a dead letter. At shutdown nothing new is begun, and what is being sent is sent.
/// </remarks>
internal sealed partial class NotificationDelivery(
    NotificationStore queue, MessageSignal signal, IEnumerable<IMessageChannel> channels, MailSettings settings, MessageMetrics metrics,
    TimeProvider clock, ILogger<NotificationDelivery> logger)
    : BackgroundService
{
    private const int Senders = 4;

    // Only messages of other processes wait for it: those of this process set the signal, and retries have their time.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly IMessageChannel[] _channels = [.. channels];

    // Longer than any channel may take, so that nobody takes a message over while it is being sent.
    private readonly TimeSpan _lease = settings.Smtp.Timeout + TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var sending = new List<Task>();
        var measureAt = clock.GetTimestamp();
        var away = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            sending.RemoveAll(task => task.IsCompleted);
            var pause = PollInterval;
            try
            {
                if (clock.GetTimestamp() >= measureAt)
                {
                    metrics.Measured(await queue.Measure(stoppingToken));
                    measureAt = clock.GetTimestamp() + (long)(MeasureInterval.TotalSeconds * clock.TimestampFrequency);
                }

                if (sending.Count < Senders)
                {
                    var (claimed, postponed) = await queue.Claim(Senders - sending.Count, _lease, stoppingToken);
                    metrics.Count(MessageOutcome.Postponed, "any", postponed);
                    sending.AddRange(claimed.Select(Deliver));
                    if (claimed.Count + postponed > 0)
                        continue;
                    if (await queue.UntilNextDue(stoppingToken) is { } due && due < PollInterval)
                        pause = due > ShortestPause ? due : ShortestPause;
                }

                away = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // Nothing may end this but the host: PostgreSQL comes back, and a mistake of ours may have met one row only.
                if (!away)
                    LogAway(failure);
                (away, pause) = (true, OutagePause);
            }

            using var tick = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            // While PostgreSQL is away the signal wakes nobody: the pause is there to spare it.
            var end = Task.Delay(pause, clock, tick.Token);
            await Task.WhenAny([.. sending, end, away ? end : signal.WaitAsync(tick.Token)]);
            await tick.CancelAsync();
        }

        await Task.WhenAll(sending);
    }

    private async Task Deliver(ClaimedMessage claimed)
    {
        try
        {
            await Send(claimed);
        }
        catch (MessageRejectedException refusal)
        {
            LogRefused(claimed.Id, claimed.Notification.Template, refusal.Message);
            await Note(claimed, MessageOutcome.Refused, token => queue.MarkDead(claimed, refusal.Message, token));
            return;
        }
        catch (Exception failure) when (clock.GetUtcNow() - claimed.QueuedAt >= settings.GiveUpAfter)
        {
            LogGivenUp(claimed.Id, claimed.Notification.Template, claimed.Try, failure);
            await Note(
                claimed,
                MessageOutcome.GivenUp,
                token => queue.MarkDead(claimed, $"Given up after {claimed.Try} tries: {failure.Message}", token));
            return;
        }
        catch (Exception failure)
        {
            LogFailed(claimed.Id, claimed.Notification.Template, failure.Message);
            await Note(claimed, MessageOutcome.Retried, token => queue.MarkFailed(claimed, failure.Message, Pause(claimed.Try), token));
            return;
        }

        await Note(claimed, MessageOutcome.Sent, token => queue.MarkSent(claimed, token));
    }

    private async Task Send(ClaimedMessage claimed)
    {
        var message = MessageTemplates.Render(claimed.Notification, claimed.To, claimed.Locale);
        var channel = Array.Find(_channels, channel => channel.Reaches(claimed.To.Kind))
            ?? throw new InvalidOperationException($"No channel reaches addresses of the kind {claimed.To.Kind}.");
        // The channel has a deadline of its own, and the host waits for it.
        await channel.Send(message, claimed.Id, CancellationToken.None);
    }

    /// <summary>Notes an outcome, if need be once PostgreSQL is back: until then nobody else can take the message either.</summary>
    private async Task Note(ClaimedMessage claimed, MessageOutcome outcome, Func<CancellationToken, Task> mark)
    {
        metrics.Count(outcome, claimed.Notification.Template);
        for (var until = clock.GetUtcNow() + _lease; ;)
        {
            try
            {
                await mark(CancellationToken.None);
                return;
            }
            catch (Exception failure) when (clock.GetUtcNow() < until && DatabaseOutage.Is(failure))
            {
                await Task.Delay(OutagePause, clock);
            }
            catch (Exception failure)
            {
                LogNotNoted(claimed.Id, claimed.Notification.Template, failure);
                return;
            }
        }
    }

    private TimeSpan Pause(int tries)
    {
        var pause = settings.RetryAfter * Math.Pow(2, Math.Min(tries - 1, 20));
        // Apart from each other, so that what failed together does not come back together.
        return (pause < LongestPause ? pause : LongestPause) * (0.8 + (0.4 * Random.Shared.NextDouble()));
    }

    [LoggerMessage(LogLevel.Warning, "The queue of messages can't be read")]
    private partial void LogAway(Exception failure);

    [LoggerMessage(LogLevel.Warning, "Message {Id} ({Template}) was not sent and will be tried again: {Reason}")]
    private partial void LogFailed(Guid id, string template, string reason);

    [LoggerMessage(LogLevel.Warning, "Message {Id} ({Template}) was refused for good: {Reason}")]
    private partial void LogRefused(Guid id, string template, string reason);

    [LoggerMessage(LogLevel.Error, "Message {Id} ({Template}) was given up after {Tries} tries")]
    private partial void LogGivenUp(Guid id, string template, int tries, Exception failure);

    [LoggerMessage(LogLevel.Error, "What became of message {Id} ({Template}) could not be noted; it may be sent again")]
    private partial void LogNotNoted(Guid id, string template, Exception failure);
}

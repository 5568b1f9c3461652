using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Notifications;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Notifications;

/// <summary>Sends the notifications of the table <c>messages</c>, four at a time in each process.</summary>
/// <remarks>
/// After a temporary failure the notification is tried again, and the pause doubles each time. A permanent failure, or failures for
/// <c>Mail:GiveUpAfter</c>, make it a dead letter. At shutdown no new notifications are claimed, and the current ones are still sent.
/// </remarks>
internal sealed partial class NotificationDelivery(
    NotificationStore queue, NotificationSignal signal, IEnumerable<IMessageChannel> channels, MailSettings settings,
    MessageMetrics metrics,
    TimeProvider clock, ILogger<NotificationDelivery> logger)
    : BackgroundService
{
    private const int Senders = 4;

    // Only for notifications of other processes: this process sets the signal, and retries have their own time.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    // Each poll of an idle process measures, and the measure also says that nothing is due: it is the only statement.
    private static readonly TimeSpan MeasureInterval = PollInterval - TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly IMessageChannel[] _channels = [.. channels];

    // Longer than the timeout of every channel, so that no other process claims a notification while it is being sent.
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
                TimeSpan? due = TimeSpan.Zero;
                if (clock.GetTimestamp() >= measureAt)
                {
                    var state = await queue.Measure(stoppingToken);
                    metrics.Measured(state);
                    due = state.UntilNextDue;
                    measureAt = clock.GetTimestamp() + (long)(MeasureInterval.TotalSeconds * clock.TimestampFrequency);
                }

                if (sending.Count < Senders)
                {
                    if (due <= TimeSpan.Zero)
                    {
                        var (claimed, postponed) = await queue.Claim(Senders - sending.Count, _lease, stoppingToken);
                        metrics.Count(MessageOutcome.Postponed, "any", postponed);
                        sending.AddRange(claimed.Select(Deliver));
                        if (claimed.Count + postponed > 0)
                            continue;
                        due = await queue.UntilNextDue(stoppingToken);
                    }

                    if (due < PollInterval)
                        pause = due > ShortestPause ? due.Value : ShortestPause;
                }

                away = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // Only the host may stop this loop: an outage of PostgreSQL ends, and a bug may affect only one row.
                if (!away)
                    LogAway(failure);
                (away, pause) = (true, OutagePause);
            }

            using var tick = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            // During an outage of PostgreSQL the signal is ignored, to keep the pause between tries.
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
            await Note(claimed, MessageOutcome.Sent);
        }
        catch (MessageRejectedException refusal)
        {
            LogRefused(claimed.Id, claimed.Notification.Template, refusal.Message);
            await Note(claimed, MessageOutcome.Refused, refusal.Message);
        }
        catch (Exception failure) when (clock.GetUtcNow() - claimed.QueuedAt >= settings.GiveUpAfter)
        {
            LogGivenUp(claimed.Id, claimed.Notification.Template, claimed.Try, failure);
            await Note(claimed, MessageOutcome.GivenUp, $"Given up after {claimed.Try} tries: {failure.Message}");
        }
        catch (Exception failure)
        {
            LogFailed(claimed.Id, claimed.Notification.Template, failure.Message);
            await Note(claimed, MessageOutcome.Retried, failure.Message, Pause(claimed.Try));
        }
    }

    private async Task Send(ClaimedMessage claimed)
    {
        if (claimed.To is not { } to)
            throw new MessageRejectedException("The address is not valid.");

        var message = MessageTemplates.Render(claimed.Notification, to, claimed.Locale);
        var channel = Array.Find(_channels, channel => channel.Reaches(to.Kind))
            ?? throw new InvalidOperationException($"No channel reaches addresses of the kind {to.Kind}.");
        // The channel has its own timeout, and the host waits for it.
        await channel.Send(message, claimed.Id, CancellationToken.None);
    }

    /// <summary>Records an outcome; during an outage of PostgreSQL it retries until the lease ends. It never throws.</summary>
    private async Task Note(ClaimedMessage claimed, MessageOutcome outcome, string? reason = null, TimeSpan? pause = null)
    {
        metrics.Count(outcome, claimed.Notification.Template);
        for (var until = clock.GetUtcNow() + _lease; ;)
        {
            try
            {
                await queue.Mark(claimed, outcome, reason, pause, CancellationToken.None);
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

    // With jitter, so that notifications that failed together are not retried together.
    private TimeSpan Pause(int tries) =>
        new Backoff(settings.RetryAfter, LongestPause).After(tries) * (0.8 + (0.4 * Random.Shared.NextDouble()));

    [LoggerMessage(LogLevel.Warning, "The notification queue can't be read")]
    private partial void LogAway(Exception failure);

    [LoggerMessage(LogLevel.Warning, "Notification {Id} ({Template}) was not sent and will be tried again: {Reason}")]
    private partial void LogFailed(Guid id, string template, string reason);

    [LoggerMessage(LogLevel.Warning, "Notification {Id} ({Template}) was permanently rejected: {Reason}")]
    private partial void LogRefused(Guid id, string template, string reason);

    [LoggerMessage(LogLevel.Error, "Notification {Id} ({Template}) was given up after {Tries} tries")]
    private partial void LogGivenUp(Guid id, string template, int tries, Exception failure);

    [LoggerMessage(LogLevel.Error, "The outcome of notification {Id} ({Template}) could not be recorded; it may be sent again")]
    private partial void LogNotNoted(Guid id, string template, Exception failure);
}

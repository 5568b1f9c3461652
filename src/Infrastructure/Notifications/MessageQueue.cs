using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Notifications;

/// <summary>Sends queued messages in the background, four at a time.</summary>
/// <remarks>
/// The queue is in memory only: when a crash loses a code, the user asks for a new one. A message that failed waits for its next try
/// beside the queue, so nobody keeps the codes of others back with addresses that the mail server refuses for now. At shutdown the queued
/// messages are still sent, within the shutdown time of the host.
/// </remarks>
internal sealed partial class MessageQueue(
    IEnumerable<IMessageChannel> channels, IEnumerable<IChatChannel> chats, MailSettings settings, TimeProvider clock,
    ILogger<MessageQueue> logger)
    : BackgroundService, IMessageSender
{
    private const int Senders = 4;
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)];

    private readonly IMessageChannel[] _channels = [.. channels];
    private readonly IChatChannel[] _chats = [.. chats];
    private readonly Channel<Queued?> _queue = Channel.CreateBounded<Queued?>(settings.MaxQueued);
    private readonly SemaphoreSlim _sending = new(Senders);
    private readonly ConcurrentDictionary<Guid, Task> _retries = new();

    public bool Reaches(ContactKind kind) => Array.Exists(_channels, channel => channel.Reaches(kind));

    public void Send(Message message, Guid? telegramUserId = null)
    {
        if (!Reaches(message.To.Kind))
            throw new InvalidOperationException($"No channel reaches addresses of the kind {message.To.Kind}.");
        Queue(new Queued(message, telegramUserId));
    }

    public void SendNothing() => Queue(null);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } sending)
            await Task.WhenAny(sending, Task.Delay(Timeout.Infinite, cancellationToken));
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _sending.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => SendQueued(stoppingToken)));
        await Task.WhenAll(_retries.Values);
    }

    private void Queue(Queued? message)
    {
        if (!_queue.Writer.TryWrite(message))
            throw new DependencyUnavailableException("The message queue");
    }

    private async Task SendQueued(CancellationToken cancellationToken)
    {
        await foreach (var message in _queue.Reader.ReadAllAsync(cancellationToken))
        {
            if (message is not null && !await TryChats(message, cancellationToken))
                await SendOrRetryLater(message.Message, cancellationToken);
        }
    }

    /// <summary>Tries the chats of the user, here and not before: so that no answer to a request depends on them.</summary>
    private async Task<bool> TryChats(Queued message, CancellationToken cancellationToken)
    {
        foreach (var chat in _chats)
        {
            if (message.TelegramUserId is { } userId && await chat.TrySend(userId, message.Message, cancellationToken))
                return true;
        }

        return false;
    }

    private async Task SendOrRetryLater(Message message, CancellationToken cancellationToken)
    {
        var id = Ids.New(clock.GetUtcNow());
        if (await TrySend(message, id, failures: 0, cancellationToken))
            return;

        var retry = Retry(message, id, cancellationToken);
        _retries[id] = retry;
        _ = retry.ContinueWith(
            _ => _retries.TryRemove(id, out var _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        // As many as may be queued wait beside the queue; for one more the sender waits, and the queue gets full.
        if (_retries.Count > settings.MaxQueued)
            await retry;
    }

    private async Task Retry(Message message, Guid id, CancellationToken cancellationToken)
    {
        var failures = 0;
        do
        {
            await Task.Delay(Pauses[failures], clock, cancellationToken);
            failures++;
        }
        while (!await TrySend(message, id, failures, cancellationToken));
    }

    /// <summary>Tries once; at most four tries run at the same time.</summary>
    /// <returns>Whether the message is done: it was sent, was refused for good, or has failed too often.</returns>
    private async Task<bool> TrySend(Message message, Guid id, int failures, CancellationToken cancellationToken)
    {
        var channel = Array.Find(_channels, channel => channel.Reaches(message.To.Kind))!;
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await channel.Send(message, id, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (MessageRejectedException refusal)
        {
            // Anybody can ask for a code to an address that does not exist, so it is no error of this installation.
            LogRefused(message.To, refusal.Message);
        }
        catch (Exception failure) when (failures == Pauses.Length)
        {
            LogGivenUp(message.To, failure);
        }
        catch (Exception failure)
        {
            LogFailed(message.To, failure.Message);
            return false;
        }
        finally
        {
            _sending.Release();
        }

        return true;
    }

    private sealed record Queued(Message Message, Guid? TelegramUserId);

    [LoggerMessage(LogLevel.Warning, "A message to {To} was not sent and will be tried again: {Reason}")]
    private partial void LogFailed(ContactAddress to, string reason);

    [LoggerMessage(LogLevel.Warning, "A message to {To} was permanently rejected: {Reason}")]
    private partial void LogRefused(ContactAddress to, string reason);

    [LoggerMessage(LogLevel.Error, "A message to {To} was given up")]
    private partial void LogGivenUp(ContactAddress to, Exception failure);
}

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.Domain.Users;
using Portico.Infrastructure.Notifications;
using Portico.Infrastructure.Postgres;
using Telegram.Bot;
using Telegram.Bot.Exceptions;
using Message = Portico.Application.Notifications.Message;

namespace Portico.Infrastructure.Telegram;

/// <summary>Sends codes to the Telegram chats that users have linked.</summary>
/// <remarks>
/// One try for each message. After a failure that is not about the one chat, Telegram is left out for a while, so that
/// messages do not wait behind a Telegram that hangs. Thread-safe.
/// </remarks>
internal sealed partial class TelegramChannel(
    TelegramApi api, TelegramSettings settings, IServiceScopeFactory scopes, TimeProvider clock, ILogger<TelegramChannel> logger)
    : IChatChannel
{
    private const int BadRequest = 400;
    private const int Forbidden = 403;
    private const int TooManyRequests = 429;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private long _pausedUntil = long.MinValue;

    public async Task<bool> TrySend(Guid userId, Message message, CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow().UtcTicks < Volatile.Read(ref _pausedUntil))
            return false;

        try
        {
            if (await FindChat(userId, cancellationToken) is not { } chat)
                return false;

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(settings.Timeout);
            await api.Bot.SendMessage(chat, message.Text, cancellationToken: deadline.Token);
            return true;
        }
        catch (ApiRequestException refusal) when (refusal.ErrorCode is BadRequest or Forbidden)
        {
            // About this chat: the person has blocked the bot, or left Telegram.
            LogRefused(TelegramApi.Name(refusal));
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            if (TelegramApi.IsOutage(failure))
                Pause(failure);
            LogFailed(TelegramApi.Name(failure));
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }

        return false;
    }

    private async Task<long?> FindChat(Guid userId, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
        return await db.Set<TelegramChat>().Where(chat => chat.UserId == userId)
            .Select(chat => (long?)chat.ChatId)
            .SingleOrDefaultAsync(cancellationToken);
    }

    private void Pause(Exception failure)
    {
        var pause = failure is ApiRequestException { ErrorCode: TooManyRequests, Parameters.RetryAfter: { } seconds }
            ? TimeSpan.FromSeconds(seconds)
            : settings.RetryAfter;
        Volatile.Write(ref _pausedUntil, (clock.GetUtcNow() + (pause < LongestPause ? pause : LongestPause)).UtcTicks);
    }

    [LoggerMessage(LogLevel.Information, "Telegram refused a code, which goes to the address: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(LogLevel.Warning, "A code could not be sent by Telegram and goes to the address: {Reason}")]
    private partial void LogFailed(string reason);
}

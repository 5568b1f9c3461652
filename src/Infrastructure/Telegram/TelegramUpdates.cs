using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Notifications;
using Portico.Application.Telegram;
using Portico.Domain.Users;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;

namespace Portico.Infrastructure.Telegram;

/// <summary>Receives what people send to the bot, by long polling, and links the chats whose link was opened.</summary>
/// <remarks>
/// One process at a time asks. Telegram keeps the updates of a day, so a link that is opened during an outage works afterwards, within its
/// lifetime. An update that fails because of an outage is handled again; one that fails because of a bug is skipped.
/// </remarks>
internal sealed partial class TelegramUpdates(
    TelegramApi api, TelegramSettings settings, TelegramLease lease, IServiceScopeFactory scopes, TimeProvider clock,
    ILogger<TelegramUpdates> logger)
    : BackgroundService
{
    private const string Start = "/start";
    private const int MaxUpdates = 20;
    private static readonly TimeSpan LeasePause = TimeSpan.FromSeconds(10);
    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    private bool _isPrepared;
    private int _offset;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await lease.TryHold(stoppingToken))
                {
                    await Receive(stoppingToken);
                    failures = 0;
                    continue;
                }

                await Task.Delay(LeasePause, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception failure)
            {
                // Only the host may stop this loop. A token that was revoked is reported each minute.
                LogFailed(TelegramApi.Name(failure));
                await Task.Delay(Pauses.After(++failures), clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await Release();
    }

    private async Task Receive(CancellationToken cancellationToken)
    {
        if (!_isPrepared)
        {
            // With a webhook Telegram refuses to be polled.
            await api.Bot.DeleteWebhook(cancellationToken: cancellationToken);
            var me = await api.Bot.GetMe(cancellationToken);
            if (!string.Equals(me.Username, settings.BotName, StringComparison.OrdinalIgnoreCase))
                LogOtherName(settings.BotName, me.Username ?? "");
            _isPrepared = true;
        }

        var updates = await api.Bot.GetUpdates(
            _offset, MaxUpdates, (int)TelegramApi.PollTime.TotalSeconds, [UpdateType.Message], cancellationToken);
        foreach (var update in updates)
        {
            await TryHandle(update, cancellationToken);
            // The next request tells Telegram that it is done.
            _offset = update.Id + 1;
        }
    }

    private async Task TryHandle(Update update, CancellationToken cancellationToken)
    {
        // In a group others would read the codes.
        if (update.Message is not { Chat: { Type: ChatType.Private } chat, Text: { } text } message
            || !text.StartsWith(Start, StringComparison.Ordinal))
        {
            return;
        }

        try
        {
            var reply = await Confirm(chat.Id, text[Start.Length..].Trim(), message.From?.LanguageCode ?? "en", cancellationToken);
            await Reply(chat.Id, reply);
        }
        catch (Exception failure) when (failure is not DependencyUnavailableException
            && !DatabaseOutage.Is(failure) && !cancellationToken.IsCancellationRequested)
        {
            LogSkipped(failure);
        }

        async Task Reply(long chatId, string reply)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(settings.Timeout);
            try
            {
                await api.Bot.SendMessage(chatId, reply, cancellationToken: deadline.Token);
            }
            catch (Exception failure) when (TelegramApi.IsOutage(failure) && !cancellationToken.IsCancellationRequested)
            {
                LogFailed(TelegramApi.Name(failure));
            }
        }
    }

    private async Task<string> Confirm(long chatId, string token, string locale, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var linked = await scope.ServiceProvider.GetRequiredService<ISender>()
            .Send(new ConfirmTelegramLink(token, chatId), cancellationToken);
        if (linked.Error is not { } refusal)
            return MessageTemplates.RenderText(Notification.BotLinked(linked.Value.Account), linked.Value.Locale);
        return MessageTemplates.RenderText(
            refusal.Code == TelegramErrors.ChatTaken.Code ? Notification.BotChatTaken() : Notification.BotLinkInvalid(), locale);
    }

    private async Task Release()
    {
        try
        {
            await lease.Release(CancellationToken.None);
        }
        catch (DependencyUnavailableException)
        {
            // It ends by itself.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Updates of the Telegram bot can't be received or answered: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(LogLevel.Error, "The Telegram bot is not {Name} of Telegram:BotName but {Actual}: links lead to another bot")]
    private partial void LogOtherName(string name, string actual);

    [LoggerMessage(LogLevel.Error, "An update of the Telegram bot was skipped")]
    private partial void LogSkipped(Exception failure);
}

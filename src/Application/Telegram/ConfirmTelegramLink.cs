using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Telegram;

/// <summary>Links a Telegram chat to the user whose link was opened in it; the token of the link is the proof.</summary>
/// <remarks>
/// It replaces the former chat of the user. A chat of another user is refused, so a link takes no codes away. Telegram sends an update
/// again if the process ended before it asked for the next one: the same token in the same chat then gets the same answer.
/// </remarks>
/// <param name="Token">What the chat sent to the bot after <c>/start</c>.</param>
/// <param name="ChatId">Telegram's id of the private chat.</param>
[Anonymous]
public sealed record ConfirmTelegramLink(string Token, long ChatId) : ICommand<TelegramLinkedDto>, IOwnTransaction
{
    // No validator: a text without the form of a token is a link that does not exist.
    public string Token { get; } = Token;

    public long ChatId { get; } = ChatId;
}

/// <summary>The user whose link was opened, and the chat in which it was.</summary>
internal sealed record OpenedTelegramLink(Guid UserId, long ChatId);

/// <summary>The language of the user, and the masked address by which the user recognises the account.</summary>
public sealed record TelegramLinkedDto(string Locale, string Account);

internal sealed class ConfirmTelegramLinkHandler(
    IOneTimeRecords records, ITransaction transaction, IAppDbContext db, IAuditLog audit, TimeProvider clock)
    : ICommandHandler<ConfirmTelegramLink, TelegramLinkedDto>
{
    // Telegram keeps an update for a day.
    private static readonly TimeSpan Redelivery = TimeSpan.FromDays(1);

    public async Task<Result<TelegramLinkedDto>> Handle(ConfirmTelegramLink command, CancellationToken cancellationToken)
    {
        if (!FieldRules.IsToken(command.Token))
            return TelegramErrors.InvalidLink;
        if (await records.Find<PendingTelegramLink>(OneTimeRecordKind.TelegramLink, command.Token, cancellationToken) is not { } pending)
            return await AnswerAgain(command, cancellationToken);

        return await transaction.Run<Result<TelegramLinkedDto>>(
            async token =>
            {
                var linked = await Link(pending, command.ChatId, token);
                if (linked.Error is null)
                {
                    // Before the link is used up. It proves nothing by itself: only a chat that is linked gets the answer again.
                    var opened = new OpenedTelegramLink(pending.UserId, command.ChatId);
                    await records.Add(OneTimeRecordKind.OpenedTelegramLink, command.Token, opened, Redelivery, token);
                }

                // The last step, so that an outage before it leaves the link. Of two chats that open it at the same time one gets it.
                return await records.Take<PendingTelegramLink>(OneTimeRecordKind.TelegramLink, command.Token, token) is null
                    ? TelegramErrors.InvalidLink
                    : linked;
            },
            cancellationToken);
    }

    private async Task<Result<TelegramLinkedDto>> Link(PendingTelegramLink pending, long chatId, CancellationToken cancellationToken)
    {
        var user = await db.Users.SingleOrDefaultAsync(u => u.Id == pending.UserId, cancellationToken);
        if (user is not { Status: UserStatus.Active } || user.SessionVersion != pending.SessionVersion)
            return TelegramErrors.InvalidLink;

        var chats = await db.Set<TelegramChat>()
            .Where(chat => chat.UserId == user.Id || chat.ChatId == chatId)
            .ToListAsync(cancellationToken);
        if (chats.Exists(chat => chat.UserId != user.Id))
            return TelegramErrors.ChatTaken;

        if (!chats.Exists(chat => chat.ChatId == chatId))
        {
            // The former chat goes first, because a user has one.
            db.Set<TelegramChat>().RemoveRange(chats);
            await db.SaveChangesAsync(cancellationToken);
            db.Set<TelegramChat>().Add(TelegramChat.Link(user.Id, chatId, clock.GetUtcNow()));
            user.LinkTelegram();
            audit.Add(new AuditNote(AuditActions.UserTelegramLinked, AuditSubject.User(user.Id)) { SessionId = pending.SessionId });
            await db.SaveChangesAsync(cancellationToken);
        }

        return Answer(user);
    }

    private async Task<Result<TelegramLinkedDto>> AnswerAgain(ConfirmTelegramLink command, CancellationToken cancellationToken)
    {
        var opened = await records.Find<OpenedTelegramLink>(OneTimeRecordKind.OpenedTelegramLink, command.Token, cancellationToken);
        if (opened is null || opened.ChatId != command.ChatId)
            return TelegramErrors.InvalidLink;

        var isLinked = await db.Set<TelegramChat>().AsNoTracking()
            .AnyAsync(chat => chat.UserId == opened.UserId && chat.ChatId == opened.ChatId, cancellationToken);
        var user = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == opened.UserId, cancellationToken);
        return isLinked && user is { Status: UserStatus.Active } ? Answer(user) : TelegramErrors.InvalidLink;
    }

    private static TelegramLinkedDto Answer(User user) =>
        new(user.Locale, user.Addresses.FirstOrDefault()?.ToString() ?? user.Id.ToString());
}

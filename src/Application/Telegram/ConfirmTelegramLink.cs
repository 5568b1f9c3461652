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
/// <remarks>It replaces the former chat of the user. A chat of another user is refused, so a link takes no codes away.</remarks>
/// <param name="Token">What the chat sent to the bot after <c>/start</c>.</param>
/// <param name="ChatId">Telegram's id of the private chat.</param>
[Anonymous]
public sealed record ConfirmTelegramLink(string Token, long ChatId) : ICommand<TelegramLinkedDto>, IOwnTransaction
{
    // No validator: a text without the form of a token is a link that does not exist.
    public string Token { get; } = Token;

    public long ChatId { get; } = ChatId;
}

/// <summary>The language of the user, and the masked address by which the user recognises the account.</summary>
public sealed record TelegramLinkedDto(string Locale, string Account);

internal sealed class ConfirmTelegramLinkHandler(
    IOneTimeRecords records, ITransaction transaction, IAppDbContext db, IAuditLog audit, TimeProvider clock)
    : ICommandHandler<ConfirmTelegramLink, TelegramLinkedDto>
{
    public async Task<Result<TelegramLinkedDto>> Handle(ConfirmTelegramLink command, CancellationToken cancellationToken)
    {
        var pending = FieldRules.IsToken(command.Token)
            ? await records.Find<PendingTelegramLink>(OneTimeRecordKind.TelegramLink, command.Token, cancellationToken)
            : null;
        if (pending is null)
            return TelegramErrors.InvalidLink;

        return await transaction.Run<Result<TelegramLinkedDto>>(
            async token =>
            {
                var linked = await Link(pending, command.ChatId, token);
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

        return new TelegramLinkedDto(user.Locale, user.Addresses.FirstOrDefault()?.ToString() ?? user.Id.ToString());
    }
}

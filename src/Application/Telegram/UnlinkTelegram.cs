using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Telegram;

/// <summary>Unlinks the Telegram chat of the caller; needs a fresh session or second factor. Codes go to the address again.</summary>
[Authenticated]
public sealed record UnlinkTelegram : ICommand<Unit>;

internal sealed class UnlinkTelegramHandler(IAppDbContext db, FreshProof fresh, IAuditLog audit, ICurrentUser caller)
    : ICommandHandler<UnlinkTelegram, Unit>
{
    public async Task<Result<Unit>> Handle(UnlinkTelegram command, CancellationToken cancellationToken)
    {
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;
        if (await db.Set<TelegramChat>().SingleOrDefaultAsync(chat => chat.UserId == user.Id, cancellationToken) is not { } chat)
            return TelegramErrors.ChatNotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;

        db.Set<TelegramChat>().Remove(chat);
        user.UnlinkTelegram();
        audit.Add(new AuditNote(AuditActions.UserTelegramUnlinked, AuditSubject.User(user.Id)));
        return Unit.Value;
    }
}

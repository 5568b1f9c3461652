using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Telegram;

/// <summary>Begins to link a Telegram chat to the caller; needs a fresh session or second factor.</summary>
/// <remarks>The chat that opens the link within ten minutes is linked. It works once, and not after a change of the password.</remarks>
[Authenticated]
public sealed record StartTelegramLink : ICommand<TelegramLinkDto>, IOwnTransaction;

/// <summary>The link that the user opens in Telegram; it works once, for <c>expiresIn</c> seconds.</summary>
/// <example>{"url":"https://t.me/portico_bot?start=8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv","expiresIn":600}</example>
public sealed record TelegramLinkDto(string Url, int ExpiresIn);

/// <summary>A link that waits to be opened: whose it is, and the session that asked for it.</summary>
internal sealed record PendingTelegramLink(Guid UserId, Guid SessionId, int SessionVersion);

internal sealed class StartTelegramLinkHandler(
    ITelegramBot bot, IOneTimeRecords records, FreshProof fresh, IAppDbContext db, ICurrentUser caller)
    : ICommandHandler<StartTelegramLink, TelegramLinkDto>
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    public async Task<Result<TelegramLinkDto>> Handle(StartTelegramLink command, CancellationToken cancellationToken)
    {
        var token = OneTimeToken.New();
        if (bot.LinkWith(token) is not { } url)
            return TelegramErrors.NotSupported;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;

        var pending = new PendingTelegramLink(user.Id, caller.SessionId, user.SessionVersion);
        await records.Add(OneTimeRecordKind.TelegramLink, token, pending, Lifetime, cancellationToken);
        return new TelegramLinkDto(url.AbsoluteUri, (int)Lifetime.TotalSeconds);
    }
}

using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Telegram;

/// <summary>Shows whether the caller has linked a Telegram chat, and whether there is a bot.</summary>
[Authenticated]
public sealed record GetTelegram : IQuery<TelegramDto>;

/// <summary>Whether codes by Telegram are available here, and since when a chat of the user is linked.</summary>
/// <example>{"isAvailable":true,"linkedAt":"2026-11-21T10:00:00.123Z"}</example>
public sealed record TelegramDto(bool IsAvailable, DateTimeOffset? LinkedAt);

internal sealed class GetTelegramHandler(IAppDbContext db, ITelegramBot bot, ICurrentUser caller) : IQueryHandler<GetTelegram, TelegramDto>
{
    public async Task<Result<TelegramDto>> Handle(GetTelegram query, CancellationToken cancellationToken)
    {
        var chat = await db.Set<TelegramChat>().AsNoTracking().SingleOrDefaultAsync(c => c.UserId == caller.Id, cancellationToken);
        return new TelegramDto(bot.LinkWith("") is not null, chat?.LinkedAt);
    }
}

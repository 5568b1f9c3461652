using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Removes the logins and the Telegram chat of a user who is deleted.</summary>
/// <remarks>
/// They are not restored with the user: meanwhile the account of the provider, or the chat, may belong to another user of Portico. A
/// restored user signs in with the address, and links them again.
/// </remarks>
internal sealed class ExternalLogins(IAppDbContext db)
{
    public async Task RemoveAll(Guid userId, CancellationToken cancellationToken)
    {
        db.Set<ExternalLogin>().RemoveRange(
            await db.Set<ExternalLogin>().Where(login => login.UserId == userId).ToListAsync(cancellationToken));
        db.Set<TelegramChat>().RemoveRange(
            await db.Set<TelegramChat>().Where(chat => chat.UserId == userId).ToListAsync(cancellationToken));
    }
}

using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Opens a session for a person who has just proved who they are.</summary>
internal sealed class SignIn(
    ISessions sessions, IAccessTokenIssuer accessTokens, IAppDbContext db, ITransaction transaction, IKnownDevices devices, IClient client)
{
    /// <param name="user">The person as they were before their proof was judged.</param>
    /// <param name="cancellationToken">Ends the wait, not what has happened.</param>
    /// <returns>The tokens, or 401 <c>invalid_credentials</c> when the person's standing changed meanwhile.</returns>
    public async Task<Result<TokensDto>> Open(User user, CancellationToken cancellationToken)
    {
        var ticket = await sessions.Open(user.Id, user.SessionVersion, client, cancellationToken);

        // Who changes a password raises the version and then ends all sessions: if that was before this one was open, the version tells.
        var device = Device.Of(client);
        var (isKnown, isUnchanged) = await devices.Recognise(user, device, cancellationToken);
        var today = isUnchanged
            ? user
            : await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == user.Id && u.Status == UserStatus.Active, cancellationToken);
        if (today?.SessionVersion == user.SessionVersion)
        {
            if (!isKnown)
                await Remember(user.Id, device, cancellationToken);
            return TokensDto.Of(ticket, accessTokens.Issue(today, ticket.SessionId));
        }

        await sessions.End(user.Id, ticket.SessionId, cancellationToken);
        return UserErrors.InvalidCredentials;
    }

    /// <summary>Lets the person be told that this device is new to them.</summary>
    private async Task Remember(Guid userId, Device device, CancellationToken cancellationToken)
    {
        // Where it is refused it is rolled back whole, and the next sign-in is the news.
        await transaction.Run<Result<Unit>>(
            async token =>
            {
                if (await devices.Remember(userId, device, token))
                    (await db.Users.SingleAsync(u => u.Id == userId, token)).UseNewDevice(device.Name, device.IpAddress?.ToString());
                return Unit.Value;
            },
            cancellationToken);
    }
}

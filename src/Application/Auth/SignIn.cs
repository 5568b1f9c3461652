using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Opens a session for a user who has just proved the identity.</summary>
internal sealed class SignIn(
    ISessions sessions, IAccessTokenIssuer accessTokens, IAppDbContext db, ITransaction transaction, IKnownDevices devices,
    ISecondFactors factors, SecondFactorChallenges challenges, IClient client)
{
    /// <summary>Opens a session, or asks for the second factor first.</summary>
    /// <param name="user">The user as it was before the first proof was checked.</param>
    /// <param name="cancellationToken">Cancels the wait; an opened session stays open.</param>
    /// <returns>Tokens or a challenge, or 401 <c>invalid_credentials</c> when the user's status or password changed meanwhile.</returns>
    public async Task<Result<LogInAnswer>> Begin(User user, CancellationToken cancellationToken)
    {
        var methods = (await factors.Find(user.Id, user.Role, cancellationToken)).Methods();
        if (methods.Count > 0)
            return LogInAnswer.Of(await challenges.Open(user, methods, cancellationToken));

        var tokens = await Open(user, hasSecondFactor: false, cancellationToken);
        return tokens.Error is { } refusal ? refusal : LogInAnswer.Of(tokens.Value);
    }

    /// <summary>Opens a session.</summary>
    /// <param name="user">The user as it was before the proof was checked.</param>
    /// <param name="hasSecondFactor">Whether a second factor was proved too.</param>
    /// <param name="cancellationToken">Cancels the wait; an opened session stays open.</param>
    /// <returns>The tokens, or 401 <c>invalid_credentials</c> when the user's status or password changed meanwhile.</returns>
    public async Task<Result<TokensDto>> Open(User user, bool hasSecondFactor, CancellationToken cancellationToken)
    {
        var ticket = await sessions.Open(user.Id, user.SessionVersion, hasSecondFactor, client, cancellationToken);

        // A password change raises the version, then ends all sessions. If it ended them before this one was open, the version differs.
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

    /// <summary>Stores the device and, if needed, raises the event for the notification about a new device.</summary>
    private async Task Remember(Guid userId, Device device, CancellationToken cancellationToken)
    {
        // On an error the transaction is rolled back as a whole, and the next sign-in with the device notifies the user.
        await transaction.Run<Result<Unit>>(
            async token =>
            {
                // Nobody is told who was deleted a moment ago.
                if (await devices.Remember(userId, device, token)
                    && await db.Users.SingleOrDefaultAsync(u => u.Id == userId, token) is { } user)
                    user.UseNewDevice(device.Name, device.IpAddress?.ToString());
                return Unit.Value;
            },
            cancellationToken);
    }
}

using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Asks somebody who is signed in for their password once more, before a change that a thief of their session must not make.</summary>
internal sealed class PasswordConfirmation(
    ISignInThrottle throttle, IAppDbContext db, ICredentials credentials, IPasswordHashing passwords, IClient client)
{
    /// <returns>
    /// The hash that the password belongs to, to be given to <see cref="Recheck"/> in the transaction of the change. Otherwise 401 <c>invalid_credentials</c> or 429 <c>too_many_attempts</c>.
    /// </returns>
    public async Task<Result<string>> Confirm(User user, string password, CancellationToken cancellationToken)
    {
        // Whoever holds an access token guesses no faster than whoever signs in with the address.
        var address = user.Addresses.First();
        var attempt = await throttle.BeginConfirmation(address, client.IpAddress, cancellationToken);
        if (attempt.Error is { } tooMany)
            return tooMany;

        var hash = await credentials.FindPasswordHash(user.Id, cancellationToken);
        var match = await passwords.Verify(hash, password, cancellationToken);
        if (user.Status != UserStatus.Active || match == PasswordMatch.None)
            return UserErrors.InvalidCredentials;

        await throttle.Confirmed(address, client.IpAddress, cancellationToken);
        return hash!;
    }

    /// <summary>Reads the person to be changed in the transaction of the change.</summary>
    /// <remarks>Of changes at the same time the first one wins: a password that was changed meanwhile is a wrong one by now.</remarks>
    public async Task<Result<User>> Recheck(User known, string confirmedHash, CancellationToken cancellationToken)
    {
        var user = await db.Users.SingleOrDefaultAsync(u => u.Id == known.Id, cancellationToken);
        if (user is null)
            return UserErrors.NotFound;
        return await credentials.FindPasswordHash(user.Id, cancellationToken) == confirmedHash ? user : UserErrors.InvalidCredentials;
    }
}

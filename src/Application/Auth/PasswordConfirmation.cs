using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Asks somebody who is signed in for their password once more, before a change that a thief of their session must not make.</summary>
internal sealed class PasswordConfirmation(ISignInThrottle throttle, ICredentials credentials, IPasswordHashing passwords, IClient client)
{
    /// <returns>
    /// The hash that the password belongs to: whoever changes something compares it in the transaction, so that another password
    /// that was set meanwhile counts. Otherwise 401 <c>invalid_credentials</c> or 429 <c>too_many_attempts</c>.
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
}

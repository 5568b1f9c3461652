using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Limits the guesses of codes of authenticator apps and recovery codes.</summary>
/// <remarks>
/// A try is counted before it is checked. Each challenge has <c>Otp:MaxTries</c>. In a day an account has 100 tries, 20 of them for clients
/// from which the user has signed in, and the others shared between clients as codes are; so a day's guesses hit with 3·10⁻⁴ at most, and
/// somebody who knows the password does not use up the tries of the owner. While Redis is unavailable every call throws
/// <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ISecondFactorTries
{
    /// <summary>Counts a try.</summary>
    /// <param name="user">The user whose code it is.</param>
    /// <param name="challengeId">The challenge that is answered; <c>null</c> for a user who is signed in.</param>
    /// <param name="client">The client that tries.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The id of the try; or 400 <c>invalid_code</c> for a challenge without tries, or 429 <c>too_many_attempts</c>.</returns>
    Task<Result<string>> Begin(User user, string? challengeId, IClient client, CancellationToken cancellationToken);

    /// <summary>The code was right: the try does not count.</summary>
    Task Succeeded(User user, string tryId, CancellationToken cancellationToken);
}

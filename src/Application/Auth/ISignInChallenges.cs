using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>A user who gave the right password, and the session version of the user at that time.</summary>
public sealed record ProvenPassword(Guid UserId, int SessionVersion);

/// <summary>A new challenge, and the code to send to the address; no code when nothing is to be sent.</summary>
public sealed record OpenedChallenge(string Id, string? Code);

/// <summary>A challenge that was answered with the right code.</summary>
public sealed record VerifiedChallenge(ContactAddress Address, ProvenPassword Proved);

/// <summary>Asks for a code in addition to the password, and does not reveal whether the password was right.</summary>
/// <remarks>
/// A challenge is bound to the address and to the proven password. It lives as long as a code and can be answered once. After a wrong
/// password it is made too, with the same work, but no code answers it. Sign-in codes are counted apart from other codes: only the
/// right password issues one, so nobody else can use up this limit. While Redis is unavailable every call throws
/// <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ISignInChallenges
{
    TimeSpan Lifetime { get; }

    /// <summary>Makes a challenge.</summary>
    /// <param name="address">The address that gets the code.</param>
    /// <param name="proved">The user who gave the right password; <c>null</c> when it was wrong or there is no such user.</param>
    /// <param name="client">The IP address of the caller.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// The challenge, without a code after a wrong password or while the address may get no other code; or 429 <c>too_many_codes</c>
    /// for the client.
    /// </returns>
    Task<Result<OpenedChallenge>> Open(
        ContactAddress address, ProvenPassword? proved, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Checks the code and consumes it together with the challenge.</summary>
    /// <param name="challengeId">The id of the challenge.</param>
    /// <param name="code">The code.</param>
    /// <param name="requestId">The id of the challenge that the code was sent for; <c>null</c> when the caller does not know it.</param>
    /// <param name="client">The IP address of the caller.</param>
    /// <param name="beforeUse">
    /// Runs for the address of every challenge, also after a wrong password. When it throws, nothing is consumed.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The address and the proven password, or the same error <c>invalid_code</c> for every reason.</returns>
    Task<Result<VerifiedChallenge>> Verify(
        string challengeId, string code, string? requestId, IPAddress? client, Func<ContactAddress, Task> beforeUse,
        CancellationToken cancellationToken);
}

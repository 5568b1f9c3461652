using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Somebody of whom the password is known to have been right, and at which state of the account.</summary>
public sealed record ProvenPassword(Guid UserId, int SessionVersion);

/// <summary>A challenge that was made; the code is to be sent to the address, unless there is none to send.</summary>
public sealed record OpenedChallenge(string Id, string? Code);

/// <summary>A challenge that was met.</summary>
public sealed record VerifiedChallenge(ContactAddress Address, ProvenPassword Proved);

/// <summary>Asks for a code to the address besides the password, and does not tell whether the password was right.</summary>
/// <remarks>
/// A challenge is bound to the address and to what the password proved, lives as long as a code and is met once. Without a right
/// password it is made all the same, by the same work, and can't be met. Codes to sign in are counted apart from others, because
/// only the right password brings one: nobody else can use them up. While Redis is away every call throws
/// <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ISignInChallenges
{
    TimeSpan Lifetime { get; }

    /// <param name="address">Where the code is to go.</param>
    /// <param name="proved">Whose password it was; <c>null</c> when it was wrong or nobody's.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// The challenge, without a code when the one before it is still on its way, or 429 <c>too_many_codes</c> for the client.
    /// </returns>
    Task<Result<OpenedChallenge>> Open(
        ContactAddress address, ProvenPassword? proved, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Uses challenge and code up, together.</summary>
    /// <returns>What the password proved, or one and the same <c>invalid_code</c>, whatever was wrong.</returns>
    Task<Result<VerifiedChallenge>> Verify(string challengeId, string code, IPAddress? client, CancellationToken cancellationToken);
}

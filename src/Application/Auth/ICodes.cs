using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>What a code proves; a code for one purpose is worth nothing for another.</summary>
public enum CodePurpose
{
    Registration = 1,
    PasswordReset = 2,
    ChangeContact = 3,
}

/// <summary>The 6-digit codes that prove that somebody holds an address.</summary>
/// <remarks>
/// A code lives for <c>Otp:Lifetime</c> and is used once. Tries are counted before they are judged, and another code
/// does not bring new tries. While Redis is away every call throws <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ICodes
{
    TimeSpan Lifetime { get; }
    TimeSpan ResendAfter { get; }

    /// <summary>Makes a code, which replaces an earlier one, within the limits per address and per IP address.</summary>
    /// <returns>The code, or 429 <c>too_many_codes</c>.</returns>
    Task<Result<string>> Issue(ContactAddress address, CodePurpose purpose, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Uses a code up.</summary>
    /// <returns>
    /// One and the same refusal, <c>invalid_code</c>, whether it is wrong, used, expired or tried too often; or 429
    /// <c>too_many_attempts</c> for a client that tries too many, whatever they are.
    /// </returns>
    Task<Result<Unit>> Consume(
        ContactAddress address, CodePurpose purpose, string code, IPAddress? client, CancellationToken cancellationToken);
}

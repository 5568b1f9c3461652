using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>What a code is valid for; a code for one purpose is not accepted for another.</summary>
public enum CodePurpose
{
    Registration = 1,
    PasswordReset = 2,
    ChangeContact = 3,
}

/// <summary>The 6-digit codes that prove that a person can read messages at an address.</summary>
/// <remarks>
/// A code is valid for <c>Otp:Lifetime</c> and can be used once. Tries are counted before they are checked, and a new code
/// does not reset the count. While Redis is unavailable every call throws <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ICodes
{
    TimeSpan Lifetime { get; }
    TimeSpan ResendAfter { get; }

    /// <summary>Creates a code, which replaces the code before it, within the limits per address and per IP address.</summary>
    /// <returns>The code, or 429 <c>too_many_codes</c>.</returns>
    Task<Result<string>> Issue(ContactAddress address, CodePurpose purpose, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Checks a code and consumes it.</summary>
    /// <returns>
    /// Success; or the same error <c>invalid_code</c> for a code that is wrong, used, expired or tried too often; or 429
    /// <c>too_many_attempts</c> for a client that tries too many codes, right or wrong.
    /// </returns>
    Task<Result<Unit>> Consume(
        ContactAddress address, CodePurpose purpose, string code, IPAddress? client, CancellationToken cancellationToken);
}

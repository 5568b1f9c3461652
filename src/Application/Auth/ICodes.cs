using System.Net;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>What a code is valid for; a code for one purpose is not accepted for another.</summary>
public enum CodePurpose
{
    Registration = 1,
    PasswordReset = 2,
    ChangeContact = 3,
    ExternalSignIn = 4,
}

/// <summary>Everything that a code is bound to besides its address.</summary>
/// <param name="Purpose">What the code is valid for.</param>
/// <param name="UserId">The only user who can use the code; <c>null</c> for whoever has it.</param>
/// <param name="SessionVersion">The user's session version; a new password, a reset or a block raises it and ends the code.</param>
public sealed record CodeScope(CodePurpose Purpose, Guid? UserId = null, int SessionVersion = 0)
{
    public static readonly CodeScope Registration = new(CodePurpose.Registration);
    public static readonly CodeScope PasswordReset = new(CodePurpose.PasswordReset);
    public static readonly CodeScope ExternalSignIn = new(CodePurpose.ExternalSignIn);

    public static CodeScope ChangeContact(User user) => new(CodePurpose.ChangeContact, user.Id, user.SessionVersion);
}

/// <summary>A code, and the opaque id of the request that it belongs to.</summary>
public sealed record IssuedCode(string RequestId, string Code);

/// <summary>The 6-digit codes that prove that a person can read messages at an address.</summary>
/// <remarks>
/// A code is valid for <c>Otp:Lifetime</c> and can be used once; its use ends all codes of its scope. A try with the id of the request is
/// compared with the code of this request, a try without it with the three newest codes. Each code has its own tries: some with its
/// request id, and some without it for each client. So the tries of strangers do not use up those of the owner. A try while there is no
/// code counts for the client only. While Redis is unavailable every call throws
/// <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface ICodes
{
    TimeSpan Lifetime { get; }
    TimeSpan ResendAfter { get; }

    /// <summary>Creates a code, within the limits of the client, of the client for this address, and of the address.</summary>
    /// <returns>The code, or 429 <c>too_many_codes</c>.</returns>
    Task<Result<IssuedCode>> Issue(ContactAddress address, CodeScope scope, IClient client, CancellationToken cancellationToken);

    /// <summary>Checks a code and consumes it.</summary>
    /// <param name="address">The address that the code was sent to.</param>
    /// <param name="scope">What the code must be valid for.</param>
    /// <param name="code">The code.</param>
    /// <param name="requestId">The request that the code belongs to; <c>null</c> when the caller does not know it.</param>
    /// <param name="client">The IP address of the caller.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>
    /// Success; or the same error <c>invalid_code</c> for a code that is wrong, used, expired or tried too often; or 429
    /// <c>too_many_attempts</c> for a client that tries too many codes, right or wrong.
    /// </returns>
    Task<Result<Unit>> Consume(
        ContactAddress address, CodeScope scope, string code, string? requestId, IPAddress? client, CancellationToken cancellationToken);
}

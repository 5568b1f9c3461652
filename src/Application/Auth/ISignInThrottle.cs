using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>The proof that a sign-in needs.</summary>
public enum SignInProof
{
    Password = 1,

    /// <summary>After repeated failures: the password, then a code that is sent to the address.</summary>
    PasswordAndCode = 2,
}

/// <summary>Slows down password guessing, whether the account exists or not.</summary>
/// <remarks>
/// An attempt is counted before it is checked, so parallel attempts gain nothing. For one address and one client together the first two
/// failures cause no delay; each later failure doubles the delay. After a few more, or after many failures for the address from
/// anywhere, or many of the client, the sign-in needs a code in addition to the password. Failures from other clients never delay the
/// owner, who signs in with password and code. While Redis is unavailable each process counts alone and allows less.
/// </remarks>
public interface ISignInThrottle
{
    /// <summary>Counts an attempt to sign in.</summary>
    /// <param name="address">The address of the account.</param>
    /// <param name="client">The IP address of the caller.</param>
    /// <param name="reachable">Whether a code can be sent to the address; if not, the delays keep growing.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The proof that is needed, or 429 <c>too_many_attempts</c>.</returns>
    Task<Result<SignInProof>> Begin(ContactAddress address, IPAddress? client, bool reachable, CancellationToken cancellationToken);

    /// <summary>The attempt succeeded: clears the failures for the address from this client, but not those from other clients.</summary>
    Task Succeeded(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Counts an attempt of a signed-in user to confirm the password.</summary>
    /// <remarks>Counted together with the sign-in attempts from this client, and apart for all clients. It causes delays only.</remarks>
    /// <returns>Success, or 429 <c>too_many_attempts</c>.</returns>
    Task<Result<Unit>> BeginConfirmation(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>The confirmation succeeded: clears its failures.</summary>
    Task Confirmed(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);
}

using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>What a sign-in has to prove.</summary>
public enum SignInProof
{
    Password = 1,

    /// <summary>After repeated failures: the password, and then a code to the address.</summary>
    PasswordAndCode = 2,
}

/// <summary>Slows down the guessing of passwords, whether or not the account exists.</summary>
/// <remarks>
/// An attempt is counted before it is judged, so that a race gains nothing. Of an address and a client together the first two
/// failures bring no delay, each later one doubles it; after a few more, or after many from anywhere, or from the client, a code
/// to the address is asked for besides the password. Failures from elsewhere never delay anybody: the owner signs in with
/// password and code. While Redis is away each process counts by itself, and allows less.
/// </remarks>
public interface ISignInThrottle
{
    /// <summary>Counts an attempt to sign in.</summary>
    /// <param name="address">Whom it is about.</param>
    /// <param name="client">Where it comes from.</param>
    /// <param name="reachable">Whether a code can be sent to the address; otherwise delays grow on.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What is to be proved, or 429 <c>too_many_attempts</c>.</returns>
    Task<Result<SignInProof>> Begin(ContactAddress address, IPAddress? client, bool reachable, CancellationToken cancellationToken);

    /// <summary>The attempt was the owner's: what they failed at from this client is forgotten, other clients' failures are not.</summary>
    Task Succeeded(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Counts an attempt of somebody who is signed in to show that they know the password.</summary>
    /// <remarks>Together with their attempts to sign in from this client, and for itself from all clients; delays only.</remarks>
    /// <returns>Success, or 429 <c>too_many_attempts</c>.</returns>
    Task<Result<Unit>> BeginConfirmation(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>They knew it.</summary>
    Task Confirmed(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);
}

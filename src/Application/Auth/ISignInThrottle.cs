using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Slows down the guessing of passwords, whether or not the account exists.</summary>
/// <remarks>
/// An attempt is counted before it is judged, so that a race gains nothing. Per address and client together the first two
/// failures bring no delay, each later one doubles it; per client there is a budget for all addresses.
/// </remarks>
public interface ISignInThrottle
{
    /// <returns>Success, or 429 <c>too_many_attempts</c>.</returns>
    Task<Result<Unit>> Begin(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>The attempt was the owner's: the count starts anew.</summary>
    Task Succeeded(ContactAddress address, IPAddress? client, CancellationToken cancellationToken);
}

using System.Net;
using Portico.Domain.Common;

namespace Portico.Application.ServiceAccounts;

/// <summary>What the secrets of service accounts need of databases.</summary>
public interface IServiceSecrets
{
    /// <summary>Makes others who create an account wait until the open transaction ends, so that their number is exact.</summary>
    Task LockAccounts(CancellationToken cancellationToken);

    /// <summary>Refuses a client that has sent too many wrong secrets.</summary>
    /// <remarks>
    /// Nothing is counted here, so many services behind one address can ask for tokens at the same time. A secret has 256 bits: the few
    /// guesses that run at the same time as the last one that is allowed do no harm.
    /// </remarks>
    /// <returns>The error 429 <c>too_many_attempts</c>, or <c>null</c>.</returns>
    Task<Error?> Refuse(IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Counts a wrong secret of a client.</summary>
    Task Failed(IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Notes when the secret was last used.</summary>
    Task Succeeded(Guid secretId, DateTimeOffset? lastUsedAt, CancellationToken cancellationToken);

    /// <summary>Makes the access tokens of secrets invalid: here at once, and in the other processes within a second.</summary>
    /// <remarks>While Redis is away the other processes learn of it as soon as it is back.</remarks>
    Task EndTokens(IEnumerable<Guid> secretIds, CancellationToken cancellationToken);
}

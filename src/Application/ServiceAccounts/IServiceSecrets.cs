using System.Net;
using Portico.Domain.Common;

namespace Portico.Application.ServiceAccounts;

/// <summary>What the secrets of service accounts need of databases.</summary>
public interface IServiceSecrets
{
    /// <summary>Counts a try of a client until <see cref="Succeeded"/> says that it was none.</summary>
    /// <returns>The error 429 <c>too_many_attempts</c>, or <c>null</c>.</returns>
    Task<Error?> Begin(IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Takes a successful try out of the count, and notes when the secret was last used.</summary>
    Task Succeeded(Guid secretId, DateTimeOffset? lastUsedAt, IPAddress? client, CancellationToken cancellationToken);

    /// <summary>Makes the access tokens of secrets invalid: here at once, and in the other processes within a second.</summary>
    /// <remarks>While Redis is away the other processes learn of it as soon as it is back.</remarks>
    Task EndTokens(IEnumerable<Guid> secretIds, CancellationToken cancellationToken);
}

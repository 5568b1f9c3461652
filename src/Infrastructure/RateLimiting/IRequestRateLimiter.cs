using System.Net;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Limits how many requests a caller may send in a minute.</summary>
public interface IRequestRateLimiter
{
    /// <summary>Counts one request of a signed-in user, from all devices together.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="most">How many requests the user may send in a minute.</param>
    /// <param name="use">What is left of the limit.</param>
    /// <returns><c>false</c> when no request is left; then nothing is counted.</returns>
    bool TrySpend(Guid userId, long most, out RateLimitUse use);

    /// <summary>Counts one request of the anonymous callers of one client: an IPv4 address, or a /64 network of IPv6.</summary>
    /// <param name="client">The IP address; callers without a known address share one limit.</param>
    /// <param name="most">How many requests they may send in a minute, all together.</param>
    /// <param name="use">What is left of the limit.</param>
    /// <returns><c>false</c> when no request is left; then nothing is counted.</returns>
    bool TrySpend(IPAddress? client, long most, out RateLimitUse use);

    /// <summary>Counts one request to a service behind the gateway, of a user or of the anonymous callers of one client.</summary>
    /// <param name="service">The service, which has a limit of its own.</param>
    /// <param name="userId">The user; null for an anonymous caller.</param>
    /// <param name="client">The IP address, for an anonymous caller.</param>
    /// <param name="most">How many requests the caller may send to the service in a minute.</param>
    /// <param name="use">What is left of the limit.</param>
    /// <returns><c>false</c> when no request is left; then nothing is counted.</returns>
    bool TrySpend(string service, Guid? userId, IPAddress? client, long most, out RateLimitUse use);
}

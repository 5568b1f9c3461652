using System.Net;

namespace Portico.Application.Common.Security;

/// <summary>How many requests each caller may make in a minute, whatever they ask for.</summary>
public interface IRequestRateLimiter
{
    /// <summary>Spends one request of somebody who is signed in, from wherever they are.</summary>
    /// <param name="userId">Who they are.</param>
    /// <param name="most">How many requests they may make in a minute.</param>
    /// <param name="use">What is left to them.</param>
    /// <returns><c>false</c> when they have none left; nothing is spent then.</returns>
    bool TrySpend(Guid userId, long most, out RateLimitUse use);

    /// <summary>Spends one request of the strangers of a network: an IPv4 address, or a /64 of IPv6.</summary>
    /// <param name="client">Where they ask from; those of whom that is not known share one budget too.</param>
    /// <param name="most">How many requests they may make in a minute, all together.</param>
    /// <param name="use">What is left to them.</param>
    /// <returns><c>false</c> when they have none left; nothing is spent then.</returns>
    bool TrySpend(IPAddress? client, long most, out RateLimitUse use);
}

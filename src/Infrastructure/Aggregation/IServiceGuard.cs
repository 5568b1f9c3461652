using Portico.Application.Common;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Bounds the calls to other services: a circuit breaker and a bulkhead for each service.</summary>
public interface IServiceGuard
{
    /// <summary>Makes one call, once.</summary>
    /// <param name="service">The name of the service.</param>
    /// <param name="call">The call. An outage that it throws counts for the circuit breaker; a cancellation does not.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="DependencyUnavailableException">
    /// The circuit breaker is open or the bulkhead is full; the call was not made. Or the call itself threw it.
    /// </exception>
    Task Run(string service, Func<CancellationToken, Task> call, CancellationToken cancellationToken);
}

using System.Diagnostics.Metrics;
using Portico.Infrastructure.RateLimiting;

namespace Portico.Infrastructure.Sessions;

/// <summary>What happens to sessions, as numbers for operators.</summary>
internal sealed class SessionMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _reuse = meters.Create("Portico.Sessions").CreateCounter<long>(
        "portico.session.reuse", description: "Sessions that were ended because a refresh token was used twice.");

    public void Reused() => _reuse.Add(1);
}

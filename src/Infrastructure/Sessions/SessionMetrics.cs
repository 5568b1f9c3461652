using System.Diagnostics.Metrics;

namespace Portico.Infrastructure.Sessions;

/// <summary>Metrics of sessions.</summary>
internal sealed class SessionMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _reuse = meters.Create("Portico.Sessions").CreateCounter<long>(
        "portico.session.reuse", description: "Sessions that were revoked because a refresh token was reused.");

    public void Reused() => _reuse.Add(1);
}

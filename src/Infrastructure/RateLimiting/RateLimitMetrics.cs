using System.Diagnostics.Metrics;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Metrics of the rate limits.</summary>
internal sealed class RateLimitMetrics
{
    private readonly Counter<long> _refused;
    private readonly Counter<long> _local;
    private readonly Counter<long> _challenges;

    public RateLimitMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.SignIn");
        _refused = meter.CreateCounter<long>("portico.limit.refused", description: "Requests over a rate limit.");
        _local = meter.CreateCounter<long>(
            "portico.limit.local", description: "Requests counted only by this process, because Redis was unavailable.");
        _challenges = meter.CreateCounter<long>("portico.sign_in.challenges", description: "Sign-ins that were asked for a second proof.");
    }

    public void Refused(string limit) => _refused.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void CountedLocally(string limit) => _local.Add(1, new KeyValuePair<string, object?>("limit", limit));

    public void Challenged() => _challenges.Add(1);
}

using System.Diagnostics.Metrics;
using Portico.Application.Common.Caching;

namespace Portico.Infrastructure.QueryCache;

/// <summary>Metrics of the query cache.</summary>
internal sealed class CacheMetrics
{
    private readonly Counter<long> _reads;
    private readonly Histogram<double> _age;
    private readonly Counter<long> _invalidations;

    public CacheMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Cache");
        _reads = meter.CreateCounter<long>(
            "portico.cache.reads", description: "Cached queries by outcome: hit or miss.");
        _age = meter.CreateHistogram<double>("portico.cache.age", "s", "Age of the answers from the cache.");
        _invalidations = meter.CreateCounter<long>(
            "portico.cache.invalidations", description: "Tags that this process invalidated.");
    }

    public void Read(string query, CacheUse use)
    {
        var name = new KeyValuePair<string, object?>("query", query);
        _reads.Add(1, name, new("outcome", use.Kind.ToString().ToLowerInvariant()));
        if (use.Kind == CacheUseKind.Hit)
            _age.Record(use.Age.TotalSeconds, name);
    }

    public void Invalidated(int tags) => _invalidations.Add(tags);
}

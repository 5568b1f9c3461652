using System.Diagnostics.Metrics;
using Portico.Application.Common.Caching;

namespace Portico.Infrastructure.QueryCache;

/// <summary>What the cache of queries saves, as numbers for operators.</summary>
internal sealed class CacheMetrics
{
    private readonly Counter<long> _reads;
    private readonly Histogram<double> _age;
    private readonly Counter<long> _invalidations;

    public CacheMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Cache");
        _reads = meter.CreateCounter<long>(
            "portico.cache.reads", description: "Cached queries by how their answer came about: hit or miss.");
        _age = meter.CreateHistogram<double>("portico.cache.age", "s", "How old the answers were that the cache gave.");
        _invalidations = meter.CreateCounter<long>(
            "portico.cache.invalidations", description: "Tags that changes of this process made stale.");
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

using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;

namespace Portico.WebApi.Metrics;

internal enum MetricKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>Every series of one metric.</summary>
/// <remarks>At most <see cref="MaxSeries"/>: what would be one more is counted and dropped, so that no client can fill the memory.</remarks>
internal sealed class MetricFamily
{
    public const int MaxSeries = 500;
    private const int MaxTags = 16;
    private const int MaxValueLength = 128;

    [ThreadStatic]
    private static ArrayBufferWriter<char>? _text;

    [ThreadStatic]
    private static KeyValuePair<string, object?>[]? _sorted;

    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, MetricSeries>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    // The same series by the tags as they came, since rendering them is what costs.
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries> _recent = new(TagComparer.Instance);
    private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], MetricSeries>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _recentLookup;
    private int _count;
    private int _recentCount;
    private long _dropped;

    public MetricFamily(string name, string help, MetricKind kind, double[] bounds)
    {
        (Name, Help, Kind, Bounds) = (name, help, kind, bounds);
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<char>>();
        _recentLookup = _recent.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public string Name { get; }
    public string Help { get; }
    public MetricKind Kind { get; }

    /// <summary>The upper bounds of a histogram's buckets, without infinity.</summary>
    public double[] Bounds { get; }

    /// <summary>How many measurements found no place.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public IEnumerable<MetricSeries> Series => _series.Values.OrderBy(series => series.Labels, StringComparer.Ordinal);

    public void Add(double delta, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Add(delta);

    public void Set(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags)?.Set(value);

    public void Observe(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (double.IsFinite(value))
            Find(tags)?.Observe(value);
    }

    /// <summary>Forgets what was observed, because what is gone is not observed again.</summary>
    public void Clear()
    {
        _series.Clear();
        _recent.Clear();
        Interlocked.Exchange(ref _recentCount, 0);
        Interlocked.Exchange(ref _count, 0);
    }

    private MetricSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_recentLookup.TryGetValue(tags, out var recent))
            return recent;

        var series = FindRendered(tags);
        // As many as there may be series: the few orders that an instrument's tags come in are not worth a bound of their own.
        if (series is not null && Volatile.Read(ref _recentCount) < MaxSeries && _recent.TryAdd(tags.ToArray(), series))
            Interlocked.Increment(ref _recentCount);
        return series;
    }

    private MetricSeries? FindRendered(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Render(tags);
        if (_lookup.TryGetValue(labels, out var known))
            return known;

        if (Interlocked.Increment(ref _count) > MaxSeries)
        {
            Interlocked.Decrement(ref _count);
            Interlocked.Increment(ref _dropped);
            return null;
        }

        var series = new MetricSeries(labels.ToString(), Bounds);
        var kept = _series.GetOrAdd(series.Labels, series);
        if (!ReferenceEquals(kept, series))
            Interlocked.Decrement(ref _count);
        return kept;
    }

    private static ReadOnlySpan<char> Render(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return default;

        // Sorted, because the same labels in another order are the same series.
        var sorted = (_sorted ??= new KeyValuePair<string, object?>[MaxTags]).AsSpan(0, Math.Min(tags.Length, MaxTags));
        tags[..sorted.Length].CopyTo(sorted);
        sorted.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));

        var text = _text ??= new ArrayBufferWriter<char>(256);
        text.ResetWrittenCount();
        foreach (var (name, value) in sorted)
        {
            // No label and an empty one are the same to Prometheus.
            if (TextOf(value) is not { Length: > 0 } label)
                continue;
            if (text.WrittenCount > 0)
                text.Write(",");
            PrometheusText.WriteLabel(text, name, label.AsSpan(0, Math.Min(label.Length, MaxValueLength)));
        }

        sorted.Clear();
        return text.WrittenSpan;
    }

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>Compares tags by name and value, in their order.</summary>
    private sealed class TagComparer : IEqualityComparer<KeyValuePair<string, object?>[]>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagComparer Instance = new();

        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) => x is not null && Equals(x.AsSpan(), y);

        public int GetHashCode(KeyValuePair<string, object?>[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, KeyValuePair<string, object?>[]? other)
        {
            if (other is null || alternate.Length != other.Length)
                return false;
            for (var i = 0; i < other.Length; i++)
            {
                if (alternate[i].Key != other[i].Key || !Equals(alternate[i].Value, other[i].Value))
                    return false;
            }

            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
        {
            // The values tell series apart; the names are nearly always the same.
            var hash = default(HashCode);
            foreach (var tag in alternate)
                hash.Add(tag.Value);
            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => alternate.ToArray();
    }
}

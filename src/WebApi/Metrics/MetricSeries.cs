namespace Portico.WebApi.Metrics;

/// <summary>The measurements of one combination of labels.</summary>
internal sealed class MetricSeries(string labels, double[] bounds)
{
    private readonly Lock _gate = new();
    private readonly long[] _buckets = new long[bounds.Length + 1];
    private double _value;
    private long _count;

    /// <summary>As they are written, without braces: <c>a="1",b="2"</c>.</summary>
    public string Labels => labels;

    public void Add(double delta)
    {
        lock (_gate)
            _value += delta;
    }

    public void Set(double value)
    {
        lock (_gate)
            _value = value;
    }

    public void Observe(double value)
    {
        var index = Array.BinarySearch(bounds, value);
        lock (_gate)
        {
            _buckets[index < 0 ? ~index : index]++;
            _value += value;
            _count++;
        }
    }

    public double Value
    {
        get
        {
            lock (_gate)
                return _value;
        }
    }

    /// <summary>Copies the counts of a histogram, so that they agree with each other.</summary>
    public (long[] Buckets, double Sum, long Count) Distribution()
    {
        lock (_gate)
            return ([.. _buckets], _value, _count);
    }
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Primitives;

namespace Portico.Nats;

/// <summary>The headers of a message; names are compared as they are written.</summary>
public sealed class NatsHeaders : IEnumerable<KeyValuePair<string, StringValues>>
{
    private readonly Dictionary<string, StringValues> _values = new(StringComparer.Ordinal);

    /// <summary>The status of a message of the server's own, such as 503; 0 for others.</summary>
    public int Code { get; internal init; }

    /// <summary>The text after the status.</summary>
    public string MessageText { get; internal init; } = "";

    public int Count => _values.Count;

    public StringValues this[string key]
    {
        get => _values.TryGetValue(key, out var values) ? values : StringValues.Empty;
        set
        {
            Check(key, value);
            _values[key] = value;
        }
    }

    /// <summary>Adds a value to those that the header has.</summary>
    /// <exception cref="ArgumentException">The name or value can't be sent: an empty name, a colon or a space in it, a line break.</exception>
    public void Add(string key, StringValues value)
    {
        Check(key, value);
        Append(key, value);
    }

    public bool ContainsKey(string key) => _values.ContainsKey(key);

    public bool TryGetValue(string key, out StringValues value) => _values.TryGetValue(key, out value);

    public bool TryGetLastValue(string key, [NotNullWhen(true)] out string? value)
    {
        value = _values.TryGetValue(key, out var values) && values.Count > 0 ? values[^1] : null;
        return value is not null;
    }

    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Append(string key, StringValues value) => _values[key] = StringValues.Concat(this[key], value);

    private static void Check(string key, StringValues values)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (key.AsSpan().ContainsAnyExceptInRange('!', '~') || key.Contains(':', StringComparison.Ordinal))
            throw new ArgumentException("The name of a header has visible ASCII characters only, and no colon.", nameof(key));
        foreach (var value in values)
        {
            if (value.AsSpan().ContainsAny('\r', '\n'))
                throw new ArgumentException($"A value of {key} has a line break.", nameof(values));
        }
    }
}

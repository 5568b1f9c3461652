using System.Collections.Concurrent;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>A cache in memory of at most twice as many entries as a generation has; the least recently used are evicted.</summary>
/// <remarks>
/// A used entry moves to the young generation; when that is full, it replaces the old one, whose entries are evicted. Thread-safe.
/// </remarks>
public sealed class RecentlyUsedCache<TKey, TValue>(int maxPerGeneration)
    where TKey : notnull
    where TValue : class
{
    private Generations _generations = new([], []);

    /// <summary>The number of entries; one that has moved is counted twice.</summary>
    public int Count => Volatile.Read(ref _generations) is var all ? all.Young.Count + all.Old.Count : 0;

    /// <summary>Finds an entry; <c>null</c> when it is not cached.</summary>
    public TValue? Find(TKey key)
    {
        var (young, old) = Volatile.Read(ref _generations);
        if (young.TryGetValue(key, out var found))
            return found;
        if (old.TryGetValue(key, out found))
            young.TryAdd(key, found);
        return found;
    }

    /// <summary>Finds an entry, or adds one; of many callers at once all get the same.</summary>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        var generations = Volatile.Read(ref _generations);
        if (generations.Young.TryGetValue(key, out var found))
            return found;

        found = generations.Young.GetOrAdd(
            key, static (id, from) => from.Old.GetValueOrDefault(id) ?? from.Make(id), (generations.Old, Make: make));
        EvictFrom(generations);
        return found;
    }

    /// <summary>Adds or replaces an entry.</summary>
    public void Set(TKey key, TValue value)
    {
        var generations = Volatile.Read(ref _generations);
        generations.Young[key] = value;
        EvictFrom(generations);
    }

    public void Remove(TKey key)
    {
        var (young, old) = Volatile.Read(ref _generations);
        young.TryRemove(key, out _);
        old.TryRemove(key, out _);
    }

    private void EvictFrom(Generations generations)
    {
        if (generations.Young.Count >= maxPerGeneration)
            Interlocked.CompareExchange(ref _generations, new Generations([], generations.Young), generations);
    }

    private sealed record Generations(ConcurrentDictionary<TKey, TValue> Young, ConcurrentDictionary<TKey, TValue> Old);
}

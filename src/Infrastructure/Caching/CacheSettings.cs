using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Caching;

/// <summary>How closely every process follows what makes cached answers stale.</summary>
public sealed class CacheSettings : ISettings
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static string Section => "Cache";

    /// <summary>For so long a process relies on the cache after it has looked for changes; it looks twice as often. The same for all.</summary>
    /// <remarks>While Redis is away, who changes a cached record waits as long. A process that is too busy to look in time makes answers anew.</remarks>
    public TimeSpan Reliance { get; init; } = TimeSpan.FromMilliseconds(130);

    public IEnumerable<string> Problems()
    {
        if (Reliance < Shortest || Reliance > Longest)
            yield return $"Cache:Reliance must be between 50 ms and 5 seconds; it is {Reliance}.";
    }
}

using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Portico.Infrastructure.Aggregation;

/// <summary>Keeps the last good answer of each part for each caller, in the memory of this process.</summary>
/// <remarks>
/// At most <c>Dashboard:MaxCopyBytes</c> in total and 256 KiB a copy, for <c>Dashboard:MaxStale</c>. The key names the caller, so nobody
/// gets a copy of another one, and nobody gets a copy from before a new role or password. Thread-safe.
/// </remarks>
internal sealed class LastGoodCopies(DashboardSettings settings, TimeProvider clock) : IDisposable
{
    private const int MaxCopy = 256 * 1024;

    // The entry, its key and its references.
    private const int Overhead = 512;

    private readonly MemoryCache _copies = new(Options.Create(
        new MemoryCacheOptions { SizeLimit = settings.MaxCopyBytes, CompactionPercentage = 0.1, TrackStatistics = true }));

    /// <summary>The memory of all copies.</summary>
    public long Bytes => _copies.GetCurrentStatistics()?.CurrentEstimatedSize ?? 0;

    public void Keep(PartKey key, byte[] json)
    {
        if (json.Length <= MaxCopy && settings.MaxStale > TimeSpan.Zero)
            _copies.Set(
                key,
                new Copy(json, clock.GetUtcNow()),
                new MemoryCacheEntryOptions { Size = json.Length + Overhead, AbsoluteExpirationRelativeToNow = settings.MaxStale });
    }

    public (byte[] Json, TimeSpan Age)? Find(PartKey key) =>
        _copies.TryGetValue(key, out Copy? copy) && clock.GetUtcNow() - copy!.ReadAt is var old && old <= settings.MaxStale
            ? (copy.Json, old > TimeSpan.Zero ? old : TimeSpan.Zero)
            : null;

    public void Forget(PartKey key) => _copies.Remove(key);

    public void Dispose() => _copies.Dispose();

    private sealed record Copy(byte[] Json, DateTimeOffset ReadAt);
}

namespace Portico.Application.Dashboard;

/// <summary>Counts the changes of callers, so that a caller never joins a read that began before their own last change.</summary>
/// <remarks>Callers share a fixed number of counters; two callers with the same counter join less. Thread-safe.</remarks>
public sealed class CallerWrites
{
    private const int Counters = 4096;

    private readonly long[] _counts = new long[Counters];

    public long Count(Guid userId) => Volatile.Read(ref Of(userId));

    public void Add(Guid userId) => Interlocked.Increment(ref Of(userId));

    private ref long Of(Guid userId) => ref _counts[(uint)userId.GetHashCode() % Counters];
}

namespace Portico.Testing;

/// <summary>Limits of time on a machine that may be busy with something else.</summary>
public static class TimeLimit
{
    /// <summary>Tries until one try keeps the limit; what is late each time has missed it.</summary>
    /// <param name="limit">How long one try may take.</param>
    /// <param name="attempt">One try, which says how long it took.</param>
    /// <param name="tries">How many tries there are at most.</param>
    /// <returns>How long the last try took.</returns>
    /// <exception cref="TimeoutException">Every try took longer.</exception>
    public static async Task<TimeSpan> Holds(TimeSpan limit, Func<Task<TimeSpan>> attempt, int tries = 3)
    {
        var took = new List<TimeSpan>();
        while (took.Count < tries)
        {
            took.Add(await attempt());
            if (took[^1] <= limit)
                return took[^1];
        }

        throw new TimeoutException(
            $"{tries} tries took {string.Join(", ", took.Select(time => $"{time.TotalMilliseconds:0}"))} ms; the limit is "
            + $"{limit.TotalMilliseconds:0} ms.");
    }
}

namespace Portico.Testing;

/// <summary>Awaits what happens in the background, up to a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>The first answer that is not null.</summary>
    /// <exception cref="TimeoutException">There was none within the time, 60 s if none is said.</exception>
    public static async Task<T> Get<T>(Func<Task<T?>> probe, string what, TimeSpan? within = null)
        where T : class
    {
        using var deadline = new CancellationTokenSource(within ?? Deadline);
        using var timer = new PeriodicTimer(Interval);
        while (true)
        {
            if (await probe() is { } found)
                return found;

            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException($"Not within {(within ?? Deadline).TotalSeconds:0} s: {what}.", late);
            }
        }
    }

    public static Task Holds(Func<Task<bool>> condition, string what, TimeSpan? within = null) =>
        Get<object>(async () => await condition() ? what : null, what, within);
}

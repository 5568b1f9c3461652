namespace Portico.Testing;

/// <summary>Awaits what happens in the background, up to a deadline.</summary>
public static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>The first answer that is not null.</summary>
    /// <exception cref="TimeoutException">There was none within 60 s.</exception>
    public static async Task<T> Get<T>(Func<Task<T?>> probe, string what)
        where T : class
    {
        using var deadline = new CancellationTokenSource(Deadline);
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
                throw new TimeoutException($"Not within {Deadline.TotalSeconds:0} s: {what}.", late);
            }
        }
    }

    public static Task Holds(Func<Task<bool>> condition, string what) => Get<object>(async () => await condition() ? what : null, what);
}

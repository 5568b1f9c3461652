namespace Portico.Application.Common;

/// <summary>A service that this request needs did not answer in time; the same request may succeed later.</summary>
public sealed class DependencyUnavailableException(string dependency, Exception? cause = null)
    : Exception($"{dependency} did not answer in time.", cause)
{
    public string Dependency { get; } = dependency;

    /// <summary>After how long another try makes sense.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(2);
}

internal static class Outages
{
    /// <summary>Does what is of use but not needed: nothing happens while a service that it needs is away.</summary>
    public static async Task Ignore(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (DependencyUnavailableException)
        {
            // Each caller says why this is no error.
        }
    }
}

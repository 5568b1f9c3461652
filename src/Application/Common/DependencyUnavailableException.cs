namespace Portico.Application.Common;

/// <summary>A service that this request needs did not answer in time; the same request may succeed later.</summary>
public sealed class DependencyUnavailableException(string dependency, Exception? cause = null)
    : Exception($"{dependency} did not answer in time.", cause)
{
    public string Dependency { get; } = dependency;

    /// <summary>After how long another try makes sense.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(2);
}

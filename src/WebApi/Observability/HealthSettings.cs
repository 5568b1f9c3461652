using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>The dependencies that this process needs to serve requests.</summary>
internal sealed class HealthSettings : ISettings
{
    public static string Section => "Health";

    /// <summary>Names separated by commas. While one of them is down the process is unready; others only degrade it.</summary>
    public string Required { get; init; } = "postgresql,redis";

    internal IReadOnlyList<string> RequiredNames =>
        Required.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<string> Problems() => [];
}

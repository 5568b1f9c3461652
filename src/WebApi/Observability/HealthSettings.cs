using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>Which dependencies this process can't serve without.</summary>
internal sealed class HealthSettings : ISettings
{
    public static string Section => "Health";

    /// <summary>Names separated by commas. While one of them is down the process is unready; any other only degrades it.</summary>
    public string Required { get; init; } = "postgresql,redis";

    internal IReadOnlyList<string> RequiredNames =>
        Required.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<string> Problems() => [];
}

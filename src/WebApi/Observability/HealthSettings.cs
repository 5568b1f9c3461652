using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>The dependencies that this process needs to serve requests.</summary>
internal sealed class HealthSettings : ISettings
{
    public static string Section => "Health";

    /// <summary>Names separated by commas. While one of them is down the process is unready; others only degrade it.</summary>
    public string Required { get; init; } = "postgresql,redis";

    /// <summary>How many checks in a row must fail before a process that was ready becomes unready.</summary>
    [Range(1, 100)]
    public int FailureThreshold { get; init; } = 3;

    internal IReadOnlyList<string> RequiredNames =>
        Required.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}

namespace Portico.Application.Dashboard;

/// <summary>The start page: each part under its name, how each part was read, and what is missing.</summary>
/// <remarks>The parts are properties too; their schemas come from the declared parts.</remarks>
/// <example>
/// {"profile":{"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","displayName":"Ada Lovelace","email":"ada@example.org",
/// "emailVerifiedAt":"2026-11-21T10:00:00.123Z","phone":null,"phoneVerifiedAt":null,"roles":["user"],"locale":"en",
/// "createdAt":"2026-11-21T10:00:00.123Z"},"notifications":null,
/// "parts":{"profile":{"status":"stale","age":12.3,"durationMs":600.4,"code":"part_timeout"},
/// "notifications":{"status":"failed","age":null,"durationMs":600.1,"code":"part_timeout"}},
/// "errors":[{"part":"notifications","code":"part_timeout","detail":"This part was not ready in time. Load the page again later.",
/// "required":false}]}
/// </example>
public sealed record DashboardDto
{
    /// <summary>How each part was read, by its name.</summary>
    public required IReadOnlyDictionary<string, PartStateDto> Parts { get; init; }

    /// <summary>The parts that are null, and why.</summary>
    public required IReadOnlyList<PartErrorDto> Errors { get; init; }
}

/// <summary>How a part was read.</summary>
public sealed record PartStateDto
{
    public required PartStatus Status { get; init; }

    /// <summary>How many seconds old the value is; null when there is none.</summary>
    public required double? Age { get; init; }

    /// <summary>How many milliseconds the page waited for the part.</summary>
    public required double DurationMs { get; init; }

    /// <summary>Why the read failed; null when it did not.</summary>
    public required string? Code { get; init; }
}

/// <summary>A part that is null.</summary>
public sealed record PartErrorDto
{
    /// <summary>The name of the part.</summary>
    public required string Part { get; init; }

    public required string Code { get; init; }

    /// <summary>A message for people.</summary>
    public required string Detail { get; init; }

    /// <summary>Whether the page is of no use without this part.</summary>
    public required bool Required { get; init; }
}

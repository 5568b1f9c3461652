using Portico.Application.Common.Records;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>A sports event that users can forecast.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","title":"Reds – Blues","status":"open","closesAt":"2026-12-01T18:00:00.000Z","result":null,
/// "resultSetAt":null,"createdAt":"2026-11-21T10:00:00.123Z","updatedAt":null,"deletedAt":null,"version":"AAAAAAAAAAE"}
/// </example>
public sealed record EventDto : IVersionedDto
{
    public Guid Id { get; init; }
    public string Title { get; init; } = "";
    public EventStatus Status { get; init; }

    /// <summary>When the event closes or closed for forecasts; null until a manager closes it.</summary>
    public DateTimeOffset? ClosesAt { get; init; }

    public Outcome? Result { get; init; }
    public DateTimeOffset? ResultSetAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Opaque; the <c>ETag</c> is this text in quotes.</summary>
    public string Version { get; init; } = "";

    // Before the result, the time alone closes an event that has a closing time.
    bool IVersionedDto.IsWhole => Result is not null || ClosesAt is null;

    // Not by AutoMapper, because the status depends on the time.
    internal static EventDto Of(SportEvent found, DateTimeOffset now) => new()
    {
        Id = found.Id,
        Title = found.Title,
        Status = found.StatusAt(now),
        ClosesAt = found.ClosedAt ?? found.ClosesAt,
        Result = found.Result,
        ResultSetAt = found.ResultSetAt,
        CreatedAt = found.CreatedAt,
        UpdatedAt = found.UpdatedAt,
        DeletedAt = found.DeletedAt,
        Version = RecordVersion.Write(found.Version),
    };
}

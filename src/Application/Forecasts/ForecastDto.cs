using AutoMapper;
using Portico.Application.Common.Records;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>What one user expects of a sports event.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","ownerId":"01a1fc7e-0000-7915-aa3f-8ae82c4c4ddd",
/// "eventId":"01a1fc7e-1111-7915-aa3f-8ae82c4c4ddd","outcome":"win1","points":null,"settledAt":null,"createdAt":"2026-11-21T10:00:00.123Z",
/// "updatedAt":null,"deletedAt":null,"version":"AAAAAAAAAAE"}
/// </example>
public sealed record ForecastDto : IVersionedDto
{
    public Guid Id { get; init; }
    public Guid OwnerId { get; init; }
    public Guid EventId { get; init; }
    public Outcome Outcome { get; init; }

    /// <summary>1 for a right forecast, 0 for a wrong one; null until the settlement.</summary>
    public int? Points { get; init; }

    public DateTimeOffset? SettledAt { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Opaque; the <c>ETag</c> is this text in quotes.</summary>
    public string Version { get; init; } = "";
}

internal sealed class ForecastProfile : Profile
{
    public ForecastProfile() =>
        CreateMap<Forecast, ForecastDto>().ForMember(dto => dto.Version, map => map.MapFrom(f => RecordVersion.Write(f.Version)));
}

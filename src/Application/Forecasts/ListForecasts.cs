using AutoMapper;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Lists the caller's forecasts, newest first unless the query asks for the other order.</summary>
[Authenticated]
public sealed record ListForecasts : PagedQuery<ForecastDto>, ISorted, IIncludesDeleted
{
    /// <summary>Only the forecast of this event.</summary>
    public Guid? EventId { get; init; }

    public Outcome? Outcome { get; init; }

    /// <summary>createdAt; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    /// <summary>Lists the deleted forecasts of all users instead; for administrators.</summary>
    public bool Deleted { get; init; }

    internal static readonly Sorts<Forecast> Sorts = new Sorts<Forecast>("-createdAt").By(f => f.CreatedAt);
}

internal sealed class ListForecastsValidator : SortedValidator<ListForecasts, Forecast>
{
    public ListForecastsValidator()
        : base(ListForecasts.Sorts) => RuleFor(q => q.Outcome).IsInEnum();
}

internal sealed class ListForecastsHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<ListForecasts, Page<ForecastDto>>
{
    public async Task<Result<Page<ForecastDto>>> Handle(ListForecasts query, CancellationToken cancellationToken)
    {
        var forecasts = db.Set<Forecast>().AsNoTracking().Shown(query);
        if (query.EventId is { } about)
            forecasts = forecasts.Where(f => f.EventId == about);
        if (query.Outcome is { } outcome)
            forecasts = forecasts.Where(f => f.Outcome == outcome);
        return await ListForecasts.Sorts.Read(forecasts, query, mapper.Map<ForecastDto>, cancellationToken);
    }
}

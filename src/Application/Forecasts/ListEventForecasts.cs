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

/// <summary>Lists all forecasts of a sports event, newest first unless the query asks for the other order; for managers.</summary>
[RequirePermission(Permissions.ForecastsReadAll)]
public sealed record ListEventForecasts : PagedQuery<ForecastDto>, ISorted
{
    public Guid EventId { get; private init; }
    public Outcome? Outcome { get; init; }

    /// <summary>createdAt; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    public ListEventForecasts Of(Guid eventId) => this with { EventId = eventId };
}

internal sealed class ListEventForecastsValidator : SortedValidator<ListEventForecasts, Forecast>
{
    public ListEventForecastsValidator()
        : base(ListForecasts.Sorts) => RuleFor(q => q.Outcome).IsInEnum();
}

internal sealed class ListEventForecastsHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<ListEventForecasts, Page<ForecastDto>>
{
    public async Task<Result<Page<ForecastDto>>> Handle(ListEventForecasts query, CancellationToken cancellationToken)
    {
        if (!await db.Set<SportEvent>().AnyAsync(e => e.Id == query.EventId, cancellationToken))
            return EventErrors.NotFound;

        var forecasts = db.Set<Forecast>().AsNoTracking().OfEveryOwner().Where(f => f.EventId == query.EventId);
        if (query.Outcome is { } outcome)
            forecasts = forecasts.Where(f => f.Outcome == outcome);
        return await ListForecasts.Sorts.Read(forecasts, query, mapper.Map<ForecastDto>, cancellationToken);
    }
}

using AutoMapper;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Gets one of the caller's forecasts.</summary>
[Authenticated]
public sealed record GetForecast(Guid Id, bool Deleted) : IQuery<ForecastDto>, IIncludesDeleted;

internal sealed class GetForecastHandler(IAppDbContext db, IMapper mapper) : IQueryHandler<GetForecast, ForecastDto>
{
    public async Task<Result<ForecastDto>> Handle(GetForecast query, CancellationToken cancellationToken)
    {
        var found = await db.Set<Forecast>().AsNoTracking().Shown(query).Get(query.Id, cancellationToken);
        return found.Error is { } refusal ? refusal : mapper.Map<ForecastDto>(found.Value);
    }
}

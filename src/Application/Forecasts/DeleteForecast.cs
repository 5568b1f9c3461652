using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Forecasts;

/// <summary>Deletes the caller's forecast while its event is still open.</summary>
[Authenticated]
public sealed record DeleteForecast(Guid Id, IfMatch IfMatch) : ICommand<Unit>;

internal sealed class DeleteForecastHandler(IAppDbContext db, OpenEvents events) : ICommandHandler<DeleteForecast, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteForecast command, CancellationToken cancellationToken)
    {
        var found = await db.Set<Forecast>().Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        return await events.Change(
            found.Value.EventId,
            (about, now) =>
            {
                var allowed = found.Value.AllowChange(about, now);
                if (allowed.IsSuccess)
                    db.Set<Forecast>().Remove(found.Value);
                return allowed;
            },
            cancellationToken);
    }
}

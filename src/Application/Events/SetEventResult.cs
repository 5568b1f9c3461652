using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Sets the result of a sports event, once. The settlement of its forecasts then runs in the background.</summary>
/// <remarks>Nobody who has a forecast for the event may do it.</remarks>
/// <example>{"outcome":"win1"}</example>
[RequirePermission(Permissions.EventsWrite)]
public sealed record SetEventResult : ICommand<EventDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    public required Outcome Outcome { get; init; }
}

internal sealed class SetEventResultValidator : AbstractValidator<SetEventResult>
{
    public SetEventResultValidator() => RuleFor(c => c.Outcome).IsInEnum();
}

internal sealed class SetEventResultHandler(IAppDbContext db, IEventLock events, TimeProvider clock)
    : ICommandHandler<SetEventResult, EventDto>
{
    public async Task<Result<EventDto>> Handle(SetEventResult command, CancellationToken cancellationToken)
    {
        // The lock waits for a forecast of the caller that is about to commit.
        if (await events.LockForChange(command.Id, cancellationToken) is not { } found)
            return EventErrors.NotFound;

        var change = found.SetResult(command.Outcome, clock.GetUtcNow());
        if (change.Error is { } tooLate)
            return tooLate;
        if (await db.Set<Forecast>().AnyAsync(f => f.EventId == command.Id, cancellationToken))
            return EventErrors.ConflictOfInterest;

        await db.SaveChangesAsync(cancellationToken);
        return EventDto.Of(found, clock.GetUtcNow());
    }
}

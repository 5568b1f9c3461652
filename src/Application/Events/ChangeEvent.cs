using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Changes the title and the closing time of a sports event that has no result yet.</summary>
/// <remarks>A later closing time opens an event again, which nobody who has a forecast for it may do.</remarks>
/// <example>{"title":"Reds – Blues (moved)","closesAt":"2026-12-02T18:00:00Z"}</example>
[RequirePermission(Permissions.EventsWrite)]
public sealed record ChangeEvent : ICommand<EventDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    [JsonIgnore]
    public IfMatch IfMatch { get; init; } = IfMatch.Missing;

    public required string Title { get; init; }

    /// <summary>When the event closes for forecasts; null when a manager closes it.</summary>
    public DateTimeOffset? ClosesAt { get; init; }
}

internal sealed class ChangeEventValidator : AbstractValidator<ChangeEvent>
{
    public ChangeEventValidator() => RuleFor(c => c.Title).IsLine(SportEvent.MaxTitleLength);
}

internal sealed class ChangeEventHandler(IAppDbContext db, IEventLock events, TimeProvider clock) : ICommandHandler<ChangeEvent, EventDto>
{
    public async Task<Result<EventDto>> Handle(ChangeEvent command, CancellationToken cancellationToken)
    {
        await events.LockForChange(command.Id, cancellationToken);
        var found = await db.Set<SportEvent>().Get(command.Id, command.IfMatch, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;
        if (found.Value.IsReopenedBy(command.ClosesAt, await events.Now(cancellationToken))
            && await db.Set<Forecast>().AnyAsync(f => f.EventId == command.Id, cancellationToken))
            return EventErrors.ConflictOfInterest;

        var change = found.Value.Change(command.Title.Trim(), command.ClosesAt);
        if (change.Error is { } tooLate)
            return tooLate;

        await db.SaveChangesAsync(cancellationToken);
        return EventDto.Of(found.Value, clock.GetUtcNow());
    }
}

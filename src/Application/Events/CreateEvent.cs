using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Creates a sports event, which users can forecast from now on.</summary>
/// <example>{"title":"Reds – Blues","closesAt":"2026-12-01T18:00:00Z"}</example>
[RequirePermission(Permissions.EventsWrite)]
public sealed record CreateEvent : ICommand<EventDto>
{
    public required string Title { get; init; }

    /// <summary>When the event closes for forecasts; null when a manager closes it.</summary>
    public DateTimeOffset? ClosesAt { get; init; }
}

internal sealed class CreateEventValidator : AbstractValidator<CreateEvent>
{
    public CreateEventValidator() => RuleFor(c => c.Title).IsLine(SportEvent.MaxTitleLength);
}

internal sealed class CreateEventHandler(IAppDbContext db, TimeProvider clock) : ICommandHandler<CreateEvent, EventDto>
{
    public async Task<Result<EventDto>> Handle(CreateEvent command, CancellationToken cancellationToken)
    {
        var made = SportEvent.Create(command.Title.Trim(), command.ClosesAt, clock.GetUtcNow());
        db.Set<SportEvent>().Add(made);
        await db.SaveChangesAsync(cancellationToken);
        return EventDto.Of(made, clock.GetUtcNow());
    }
}

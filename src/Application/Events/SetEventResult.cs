using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;

namespace Portico.Application.Events;

/// <summary>Sets the result of a sports event, once. The settlement of its forecasts then runs in the background.</summary>
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

internal sealed class SetEventResultHandler(IAppDbContext db, TimeProvider clock) : ICommandHandler<SetEventResult, EventDto>
{
    public async Task<Result<EventDto>> Handle(SetEventResult command, CancellationToken cancellationToken)
    {
        var found = await db.Set<SportEvent>().Get(command.Id, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        var change = found.Value.SetResult(command.Outcome, clock.GetUtcNow());
        if (change.Error is { } tooLate)
            return tooLate;

        await db.SaveChangesAsync(cancellationToken);
        return EventDto.Of(found.Value, clock.GetUtcNow());
    }
}

using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.DeadLetters;

/// <summary>Deletes a dead letter permanently: the event is never handled, or the message never sent.</summary>
/// <example>{"reason":"The address does not exist."}</example>
[RequirePermission(Permissions.DeadLettersManage)]
public sealed record DropDeadLetter : ICommand<Unit>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}

internal sealed class DropDeadLetterValidator : AbstractValidator<DropDeadLetter>
{
    public DropDeadLetterValidator() => RuleFor(c => c.Reason).IsReason();
}

internal sealed class DropDeadLetterHandler(IDeadLetters letters, IAuditLog audit) : ICommandHandler<DropDeadLetter, Unit>
{
    public async Task<Result<Unit>> Handle(DropDeadLetter command, CancellationToken cancellationToken)
    {
        if (await letters.Find(command.Id, cancellationToken) is not { } found || !await letters.Drop(command.Id, cancellationToken))
            return RecordErrors.NotFound;

        audit.Add(new AuditNote(AuditActions.DeadLetterDropped, AuditSubject.DeadLetter(command.Id))
            .Changed("kind", found.Letter.Kind, null)
            .Changed("name", found.Letter.Name, null)
            .With("reason", command.Reason.Trim()));
        return Unit.Value;
    }
}

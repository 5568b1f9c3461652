using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.DeadLetters;

/// <summary>Asks a server to handle or send a dead letter again, within some seconds.</summary>
/// <remarks>
/// It has one effect, because the id of the event shows whether it was handled. After another failure it is a dead letter again.
/// </remarks>
/// <example>{"reason":"The mail server is repaired."}</example>
[RequirePermission(Permissions.DeadLettersManage)]
public sealed record ReplayDeadLetter : ICommand<Unit>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}

internal sealed class ReplayDeadLetterValidator : AbstractValidator<ReplayDeadLetter>
{
    public ReplayDeadLetterValidator() => RuleFor(c => c.Reason).IsReason();
}

internal sealed class ReplayDeadLetterHandler(IDeadLetters letters, IAuditLog audit) : ICommandHandler<ReplayDeadLetter, Unit>
{
    public async Task<Result<Unit>> Handle(ReplayDeadLetter command, CancellationToken cancellationToken)
    {
        if (!await letters.Replay(command.Id, cancellationToken))
            return RecordErrors.NotFound;

        audit.Add(
            new AuditNote(AuditActions.DeadLetterReplayed, AuditSubject.DeadLetter(command.Id)).With("reason", command.Reason.Trim()));
        return Unit.Value;
    }
}

using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.SigningKeys;

/// <summary>Makes the next signing key the current one now, before its time; tokens of the current key stay valid.</summary>
/// <example>{"reason":"A server with the sealing key was replaced."}</example>
[RequirePermission(Permissions.SigningKeysManage)]
public sealed record RotateSigningKeys : ICommand<SigningKeyChangesDto>
{
    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}

internal sealed class RotateSigningKeysValidator : AbstractValidator<RotateSigningKeys>
{
    public RotateSigningKeysValidator() => RuleFor(c => c.Reason).IsReason();
}

internal sealed class RotateSigningKeysHandler(ISigningKeys keys) : ICommandHandler<RotateSigningKeys, SigningKeyChangesDto>
{
    public Task<Result<SigningKeyChangesDto>> Handle(RotateSigningKeys command, CancellationToken cancellationToken) =>
        keys.Rotate(command.Reason.Trim(), cancellationToken);
}

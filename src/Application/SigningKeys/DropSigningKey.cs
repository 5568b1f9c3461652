using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.SigningKeys;

/// <summary>Removes a signing key: the next one, or in an emergency any; then all access tokens of all users become invalid.</summary>
/// <remarks>Sessions go on: their next refresh gives a token of another key.</remarks>
/// <example>{"reason":"The key was in a backup that was stolen.","emergency":false}</example>
[RequirePermission(Permissions.SigningKeysManage)]
public sealed record DropSigningKey : ICommand<SigningKeyChangesDto>
{
    [JsonIgnore]
    public string Id { get; init; } = "";

    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>The key was stolen: drop it in any state, sign with another key at once, and revoke all access tokens.</summary>
    public bool Emergency { get; init; }
}

internal sealed class DropSigningKeyValidator : AbstractValidator<DropSigningKey>
{
    public DropSigningKeyValidator() => RuleFor(c => c.Reason).IsReason();
}

internal sealed class DropSigningKeyHandler(ISigningKeys keys) : ICommandHandler<DropSigningKey, SigningKeyChangesDto>
{
    public Task<Result<SigningKeyChangesDto>> Handle(DropSigningKey command, CancellationToken cancellationToken) =>
        keys.Drop(command.Id, command.Emergency, command.Reason.Trim(), cancellationToken);
}

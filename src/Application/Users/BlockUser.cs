using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Keeps a person out: their sessions end, and nothing signs them in until they are unblocked.</summary>
/// <remarks>One who is blocked already stays so, for the first reason; whatever sessions they still have end.</remarks>
/// <example>{"reason":"Sells forged tickets."}</example>
[RequirePermission(Permissions.UsersManage)]
public sealed record BlockUser : ICommand<AccountDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    public required string Reason { get; init; }
}

internal sealed class BlockUserValidator : AbstractValidator<BlockUser>
{
    private const int MaxReasonLength = 500;

    public BlockUserValidator() =>
        RuleFor(c => c.Reason)
            .Must(reason => !string.IsNullOrWhiteSpace(reason) && reason.Length <= MaxReasonLength && !reason.Any(char.IsControl))
            .WithMessage($"A reason has 1 to {MaxReasonLength} characters, and no control characters.");
}

internal sealed class BlockUserHandler(UserAdministration administration) : ICommandHandler<BlockUser, AccountDto>
{
    public Task<Result<AccountDto>> Handle(BlockUser command, CancellationToken cancellationToken) => administration.ActAndEndSessions(
        command.Id, AuditActions.UserBlocked, (user, by) => user.Block(by), cancellationToken, command.Reason.Trim());
}

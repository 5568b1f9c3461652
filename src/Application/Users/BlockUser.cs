using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Users;

/// <summary>Blocks a user: all sessions end, and the user can't sign in until an administrator unblocks the user.</summary>
/// <remarks>A user who is already blocked stays blocked with the first reason; remaining sessions end.</remarks>
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
    public BlockUserValidator() => RuleFor(c => c.Reason).IsReason();
}

internal sealed class BlockUserHandler(UserAdministration administration) : ICommandHandler<BlockUser, AccountDto>
{
    public Task<Result<AccountDto>> Handle(BlockUser command, CancellationToken cancellationToken) => administration.ActAndEndSessions(
        command.Id, AuditActions.UserBlocked, (user, by) => user.Block(by), cancellationToken, command.Reason);
}

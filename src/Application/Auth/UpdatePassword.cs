using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Changes the caller's password, continues their session with new tokens and ends all their other ones.</summary>
/// <example>{"userId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","oldPassword":"correct horse battery staple","newPassword":"another horse, another staple"}</example>
[Authenticated]
public sealed record UpdatePassword : ICommand<TokensDto>, IOwnTransaction
{
    public required Guid UserId { get; init; }
    public required string OldPassword { get; init; }
    public required string NewPassword { get; init; }
}

internal sealed class UpdatePasswordValidator : AbstractValidator<UpdatePassword>
{
    public UpdatePasswordValidator()
    {
        RuleFor(c => c.OldPassword).NotEmpty().MaximumLength(FieldRules.MaxPasswordLength);
        RuleFor(c => c.NewPassword).IsNewPassword();
    }
}

internal sealed class UpdatePasswordHandler(
    ICurrentUser caller, PasswordConfirmation confirmation, IPasswordHashing passwords, ITransaction transaction, IAppDbContext db,
    ICredentials credentials, IAuditLog audit, ISessions sessions, IAccessTokenIssuer accessTokens)
    : ICommandHandler<UpdatePassword, TokensDto>
{
    private const string NewPasswordField = "newPassword";

    public async Task<Result<TokensDto>> Handle(UpdatePassword command, CancellationToken cancellationToken)
    {
        var known = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken);
        if (known is null || command.UserId != known.Id)
            return UserErrors.NotFound;

        if (FieldRules.RefuseAddressAsPassword(known, command.NewPassword, NewPasswordField) is { } refused)
            return refused;

        var confirmed = await confirmation.Confirm(known, command.OldPassword, cancellationToken);
        if (confirmed.Error is { } notTheirs)
            return notTheirs;

        // Before anything is changed: while sessions can't be reached, this one could not be carried over.
        if (!await sessions.Exists(known.Id, caller.SessionId, cancellationToken))
            return CommonErrors.Unauthenticated;

        var newHash = await passwords.Hash(command.NewPassword, cancellationToken);
        var changed = await transaction.Run<Result<User>>(
            async token =>
            {
                var rechecked = await confirmation.Recheck(known, confirmed.Value, token);
                if (rechecked.Error is { } outdated)
                    return outdated;

                var user = rechecked.Value;
                await credentials.SetPasswordHash(user.Id, newHash, token);
                user.ChangePassword();
                audit.Add(new AuditNote(AuditActions.UserPasswordChanged, AuditSubject.User(user.Id)));
                return user;
            },
            cancellationToken);
        if (changed.Error is { } refusal)
            return refusal;

        // This one first: another tab of it may be about to refresh. The others have an older version, whether or not this ends them.
        var session = await sessions.Continue(known.Id, caller.SessionId, changed.Value.SessionVersion, cancellationToken);
        await sessions.EndAfterCommit(all => all.EndOthers(known.Id, caller.SessionId, cancellationToken));
        return session.Error is { } ended ? ended : TokensDto.Of(session.Value, accessTokens.Issue(changed.Value, caller.SessionId));
    }
}

using FluentValidation;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Changes the caller's password, continues the current session with new tokens and ends all other sessions.</summary>
/// <example>
/// {"userId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","oldPassword":"correct horse battery staple",
/// "newPassword":"another horse, another staple"}
/// </example>
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
        RuleFor(c => c.OldPassword).NotEmpty().MaximumLength(FieldRules.MaxTypedPasswordLength);
        RuleFor(c => c.NewPassword).IsNewPassword();
    }
}

internal sealed class UpdatePasswordHandler(
    ICurrentUser caller, PasswordConfirmation confirmation, IPasswordHashing passwords, ICredentials credentials, IAuditLog audit,
    ISessions sessions, IAccessTokenIssuer accessTokens)
    : ICommandHandler<UpdatePassword, TokensDto>
{
    private const string NewPasswordField = "newPassword";

    public async Task<Result<TokensDto>> Handle(UpdatePassword command, CancellationToken cancellationToken)
    {
        if (command.UserId != caller.Id)
            return UserErrors.NotFound;

        var known = await confirmation.Find(cancellationToken);
        if (known.Error is { } missing)
            return missing;

        if (FieldRules.RefuseAddressAsPassword(known.Value, command.NewPassword, NewPasswordField) is { } refused)
            return refused;

        var confirmed = await confirmation.Confirm(known.Value, command.OldPassword, cancellationToken);
        if (confirmed.Error is { } notTheirs)
            return notTheirs;

        // Before any change: while Redis does not accept changes this session could not continue.
        if (!await sessions.Announce(caller.Id, caller.SessionId, cancellationToken))
            return CommonErrors.Unauthenticated;

        var newHash = await passwords.Hash(command.NewPassword, cancellationToken);
        var changed = await confirmation.Change<User>(
            confirmed.Value,
            async (user, token) =>
            {
                await credentials.SetPasswordHash(user.Id, newHash, token);
                user.ChangePassword();
                audit.Add(new AuditNote(AuditActions.UserPasswordChanged, AuditSubject.User(user.Id)));
                return user;
            },
            cancellationToken);
        if (changed.Error is { } refusal)
            return refusal;

        // This session first, because another tab of it may refresh now. The other sessions already have an outdated version.
        var session = await sessions.ContinueAfterCommit(caller.Id, caller.SessionId, changed.Value.SessionVersion, cancellationToken);
        await sessions.EndAfterCommit(all => all.EndOthers(caller.Id, caller.SessionId, cancellationToken));
        return session.Error is { } ended ? ended : TokensDto.Of(session.Value, accessTokens.Issue(changed.Value, caller.SessionId));
    }
}

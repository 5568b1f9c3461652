using FluentValidation;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Deletes the caller's own account with its logins of providers; needs the password.</summary>
/// <remarks>All sessions end. The address stays reserved for the retention time, in which an administrator can restore the user.</remarks>
/// <example>{"password":"correct horse battery staple"}</example>
[Authenticated]
public sealed record DeleteAccount : ICommand<Unit>, IOwnTransaction
{
    /// <summary>The password; a user who has none leaves it out and needs a fresh session.</summary>
    public string? Password { get; init; }
}

internal sealed class DeleteAccountValidator : AbstractValidator<DeleteAccount>
{
    public DeleteAccountValidator() =>
        RuleFor(c => c.Password).NotEmpty().MaximumLength(FieldRules.MaxTypedPasswordLength)
            .When(c => c.Password is not null);
}

internal sealed class DeleteAccountHandler(
    PasswordConfirmation confirmation, IAccounts accounts, ExternalLogins logins, IAuditLog audit, ISessions sessions, TimeProvider clock)
    : ICommandHandler<DeleteAccount, Unit>
{
    public async Task<Result<Unit>> Handle(DeleteAccount command, CancellationToken cancellationToken)
    {
        var known = await confirmation.Find(cancellationToken);
        if (known.Error is { } missing)
            return missing;

        var confirmed = await confirmation.Confirm(known.Value, command.Password, cancellationToken);
        if (confirmed.Error is { } notTheirs)
            return notTheirs;

        var deleted = await confirmation.Change<Unit>(
            confirmed.Value,
            async (user, token) =>
            {
                user.DeleteOwnAccount(clock.GetUtcNow());
                await logins.RemoveAll(user.Id, token);
                audit.Add(new AuditNote(AuditActions.UserDeleted, AuditSubject.User(user.Id))
                    .Changed("status", AccountStatus.Active, AccountStatus.Deleted));
                return await accounts.TryCloseAll(user.Id, token) ? Unit.Value : UserErrors.WalletsNotEmpty;
            },
            cancellationToken);
        if (deleted.Error is { } refusal)
            return refusal;

        await sessions.EndAfterCommit(all => all.EndAll(known.Value.Id, cancellationToken));
        return Unit.Value;
    }
}

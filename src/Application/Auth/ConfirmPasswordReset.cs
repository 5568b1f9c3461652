using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Sets a new password with a code that was sent to the account's address, and ends all sessions of the user.</summary>
/// <example>{"email":"ada@example.org","code":"492816","newPassword":"correct horse battery staple"}</example>
[Anonymous]
public sealed record ConfirmPasswordReset : ICommand<Unit>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required string Code { get; init; }

    /// <summary>The <c>requestId</c> of the answer to the request for the code.</summary>
    public string? RequestId { get; init; }

    public required string NewPassword { get; init; }
}

internal sealed class ConfirmPasswordResetValidator : AbstractValidator<ConfirmPasswordReset>
{
    public ConfirmPasswordResetValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Code).IsCode();
        RuleFor(c => c.RequestId).IsRequestId();
        RuleFor(c => c.NewPassword).IsNewPasswordOfContact();
    }
}

internal sealed class ConfirmPasswordResetHandler(
    ICodes codes, IPasswordHashing passwords, ITransaction transaction, IAppDbContext db, ICredentials credentials, IAuditLog audit,
    ISessions sessions, IClient client)
    : ICommandHandler<ConfirmPasswordReset, Unit>
{
    private const string NewPasswordField = "newPassword";

    public async Task<Result<Unit>> Handle(ConfirmPasswordReset command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        // Fail while PostgreSQL is away or too many passwords wait, before the code is used: then the code still works when the client
        // repeats the request.
        await db.Users.AsNoTracking().FindByAddress(address, cancellationToken);
        using var place = passwords.Reserve();
        var proof = await codes.Consume(
            address, CodeScope.PasswordReset, command.Code, command.RequestId, client.IpAddress, cancellationToken);
        if (proof.Error is { } invalid)
            return invalid;

        var passwordHash = await place.Hash(command.NewPassword, cancellationToken);
        var changed = await transaction.Run<Result<Guid>>(
            async token =>
            {
                if (await db.Users.FindByAddress(address, token) is not { } user)
                    return UserErrors.InvalidCode;

                // The validator has checked the address of the request. This checks the user's other address.
                if (FieldRules.RefuseAddressAsPassword(user, command.NewPassword, NewPasswordField) is { } refused)
                    return refused;

                await credentials.SetPasswordHash(user.Id, passwordHash, token);
                user.ChangePassword();
                audit.Add(new AuditNote(AuditActions.UserPasswordReset, AuditSubject.User(user.Id)));
                return user.Id;
            },
            cancellationToken);
        if (changed.Error is { } refusal)
            return refusal;

        await sessions.EndAfterCommit(all => all.EndAll(changed.Value, cancellationToken));
        return Unit.Value;
    }
}

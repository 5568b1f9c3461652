using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Sends a code that sets another password, if somebody has signed up with the address.</summary>
/// <remarks>
/// Asking changes nothing: every session goes on until the code is confirmed, whatever the reason, or a stranger could end them.
/// Without an account the same work is done and the code is made and limited alike, but nobody is told it.
/// </remarks>
/// <example>{"email":"ada@example.org","reason":"forgotten"}</example>
[Anonymous]
public sealed record ResetPassword : ICommand<CodeSentDto>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required PasswordResetReason Reason { get; init; }
}

/// <summary>Why somebody wants another password.</summary>
public enum PasswordResetReason
{
    Forgotten = 1,
    Compromised = 2,
}

internal sealed class ResetPasswordValidator : AbstractValidator<ResetPassword>
{
    public ResetPasswordValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Reason).IsInEnum();
    }
}

internal sealed class ResetPasswordHandler(CodeSender sender, IAppDbContext db) : ICommandHandler<ResetPassword, CodeSentDto>
{
    public Task<Result<CodeSentDto>> Handle(ResetPassword command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        return sender.Send(address, CodePurpose.PasswordReset, token => FindLocale(address, token), cancellationToken);
    }

    private async Task<string?> FindLocale(ContactAddress address, CancellationToken cancellationToken) =>
        await db.Users.AsNoTracking().FindByAddress(address, cancellationToken) is { Status: UserStatus.Active } user ? user.Locale : null;
}

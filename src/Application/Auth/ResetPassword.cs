using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messages;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Users;
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
public sealed record ResetPassword : ICommand<CodeSentDto>, INamesContact, IOwnTransaction
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

internal sealed class ResetPasswordHandler(ICodes codes, IAppDbContext db, IMessages messages, IClient client)
    : ICommandHandler<ResetPassword, CodeSentDto>
{
    public async Task<Result<CodeSentDto>> Handle(ResetPassword command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        if (!messages.Reaches(address.Kind))
            return UserErrors.PhoneNotSupported;

        var code = await codes.Issue(address, CodePurpose.PasswordReset, client.IpAddress, cancellationToken);
        if (code.Error is { } error)
            return error;

        var user = await db.Users.AsNoTracking().FindByAddress(address, cancellationToken);
        var message = CodeMessage.For(address, code.Value, codes.Lifetime, user?.Locale ?? client.Locale);
        if (user is { Status: UserStatus.Active })
            messages.Send(message);
        else
            messages.SendNothing();
        return new CodeSentDto((int)codes.Lifetime.TotalSeconds, (int)codes.ResendAfter.TotalSeconds);
    }
}

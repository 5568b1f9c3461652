using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Sends a code for a new password, if a user is registered with the address.</summary>
/// <remarks>
/// The request alone changes nothing: every session continues until the code is confirmed, for every reason; otherwise a stranger could
/// end them. Without an account the same work is done with the same limits, but no message is sent.
/// </remarks>
/// <example>{"email":"ada@example.org","reason":"forgotten"}</example>
[Anonymous]
public sealed record ResetPassword : ICommand<CodeSentDto>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required PasswordResetReason Reason { get; init; }

    /// <summary>How the code reaches the user; without it as the user prefers. A way that the user does not have is the address.</summary>
    public CodeChannel? Channel { get; init; }
}

/// <summary>Why the user wants a new password.</summary>
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
        RuleFor(c => c.Channel).IsInEnum();
    }
}

internal sealed class ResetPasswordHandler(CodeSender sender, IAppDbContext db, IMessageSender messages)
    : ICommandHandler<ResetPassword, CodeSentDto>
{
    public Task<Result<CodeSentDto>> Handle(ResetPassword command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        return sender.Send(
            address, CodeScope.PasswordReset, token => FindRecipient(address, command.Channel, token), cancellationToken,
            Notification.ResetCode);
    }

    private async Task<CodeRecipient?> FindRecipient(
        ContactAddress address, CodeChannel? channel, CancellationToken cancellationToken) =>
        await db.Users.AsNoTracking().FindByAddress(address, cancellationToken) is { Status: UserStatus.Active } user
            ? CodeRecipient.Of(user, address, channel, messages)
            : null;
}

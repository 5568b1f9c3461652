using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Sends a code to an address, whether a user is registered with it or not.</summary>
/// <example>{"email":"ada@example.org","reason":"registration"}</example>
[Anonymous]
public sealed record SendVerificationCode : ICommand<CodeSentDto>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required VerificationReason Reason { get; init; }
}

/// <summary>What the code is for.</summary>
public enum VerificationReason
{
    Registration = 1,

    /// <summary>A new contact address of the caller, who must be signed in.</summary>
    ChangeContact = 2,
}

/// <summary>How long the code is valid and after how long another one can be requested, in seconds.</summary>
/// <example>{"expiresIn":600,"resendAfter":60}</example>
public sealed record CodeSentDto(int ExpiresIn, int ResendAfter);

internal sealed class SendVerificationCodeValidator : AbstractValidator<SendVerificationCode>
{
    public SendVerificationCodeValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Reason).IsInEnum();
    }
}

internal sealed class SendVerificationCodeHandler(CodeSender sender, IAppDbContext db, IClient client, ICurrentUser caller)
    : ICommandHandler<SendVerificationCode, CodeSentDto>
{
    public async Task<Result<CodeSentDto>> Handle(SendVerificationCode command, CancellationToken cancellationToken)
    {
        if (command.Reason == VerificationReason.Registration)
            return await sender.Send(
                command.Contact(), CodePurpose.Registration, _ => Task.FromResult<string?>(client.Locale), cancellationToken);
        if (!caller.IsAuthenticated)
            return CommonErrors.Unauthenticated;
        return await sender.Send(command.Contact(), CodePurpose.ChangeContact, FindLocale, cancellationToken);
    }

    private async Task<string?> FindLocale(CancellationToken cancellationToken) =>
        await db.Users.Where(u => u.Id == caller.Id).Select(u => u.Locale).SingleOrDefaultAsync(cancellationToken);
}

using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Sends a code to an address, whether a user is registered with it or not.</summary>
/// <example>{"email":"ada@example.org","reason":"registration"}</example>
[Anonymous]
public sealed record SendVerificationCode : ICommand<CodeSentDto>, IHasContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required VerificationReason Reason { get; init; }

    /// <summary>Accepted and without effect: this code proves the address, so it goes to the address.</summary>
    public CodeChannel? Channel { get; init; }
}

/// <summary>What the code is for.</summary>
public enum VerificationReason
{
    Registration = 1,

    /// <summary>A new contact address of the caller, who must be signed in.</summary>
    ChangeContact = 2,
}

/// <summary>The request that the code belongs to, how long it is valid, and when another one can be requested, in seconds.</summary>
/// <remarks>
/// Send <c>requestId</c> back with the code: then the code has tries of its own, whatever other callers request or try for the address.
/// </remarks>
/// <example>{"requestId":"mQ2v8ZrYk0yXh3bV1cTn5A","expiresIn":600,"resendAfter":60}</example>
public sealed record CodeSentDto(string RequestId, int ExpiresIn, int ResendAfter);

internal sealed class SendVerificationCodeValidator : AbstractValidator<SendVerificationCode>
{
    public SendVerificationCodeValidator()
    {
        this.NamesOneContact();
        RuleFor(c => c.Reason).IsInEnum();
        RuleFor(c => c.Channel).IsInEnum();
    }
}

internal sealed class SendVerificationCodeHandler(CodeSender sender, IAppDbContext db, IClient client, ICurrentUser caller)
    : ICommandHandler<SendVerificationCode, CodeSentDto>
{
    public async Task<Result<CodeSentDto>> Handle(SendVerificationCode command, CancellationToken cancellationToken)
    {
        if (command.Reason == VerificationReason.Registration)
            return await Send(CodeScope.Registration, client.Locale);

        var user = caller.IsAuthenticated
            ? await db.Users.AsNoTracking().SingleOrDefaultAsync(
                u => u.Id == caller.Id && u.Status == UserStatus.Active, cancellationToken)
            : null;
        return user is null ? CommonErrors.Unauthenticated : await Send(CodeScope.ChangeContact(user), user.Locale);

        Task<Result<CodeSentDto>> Send(CodeScope scope, string locale) =>
            sender.Send(
                command.Contact(), scope, _ => Task.FromResult<CodeRecipient?>(new(command.Contact(), locale)), cancellationToken);
    }
}

using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Sends a code to an address, whether or not somebody has signed up with it.</summary>
/// <example>{"email":"ada@example.org","reason":"registration"}</example>
[Anonymous]
public sealed record SendVerificationCode : ICommand<CodeSentDto>, INamesContact, IOwnTransaction
{
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public required VerificationReason Reason { get; init; }
}

/// <summary>What an address is proved for.</summary>
public enum VerificationReason
{
    Registration = 1,
}

/// <summary>How long the code lives and when another one can be asked for, in seconds.</summary>
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

internal sealed class SendVerificationCodeHandler(CodeSender sender, IClient client) : ICommandHandler<SendVerificationCode, CodeSentDto>
{
    public Task<Result<CodeSentDto>> Handle(SendVerificationCode command, CancellationToken cancellationToken) =>
        sender.Send(command.Contact(), CodePurpose.Registration, _ => Task.FromResult<string?>(client.Locale), cancellationToken);
}

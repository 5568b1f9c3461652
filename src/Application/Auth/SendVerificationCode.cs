using FluentValidation;
using Portico.Application.Common.Messages;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

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

internal sealed class SendVerificationCodeHandler(ICodes codes, IMessages messages, IClient client)
    : ICommandHandler<SendVerificationCode, CodeSentDto>
{
    public async Task<Result<CodeSentDto>> Handle(SendVerificationCode command, CancellationToken cancellationToken)
    {
        var address = command.Contact();
        if (!messages.Reaches(address.Kind))
            return UserErrors.PhoneNotSupported;

        var code = await codes.Issue(address, CodePurpose.Registration, client.IpAddress, cancellationToken);
        if (code.Error is { } error)
            return error;

        messages.Send(CodeMessage.For(address, code.Value, codes.Lifetime, client.Locale));
        return new CodeSentDto((int)codes.Lifetime.TotalSeconds, (int)codes.ResendAfter.TotalSeconds);
    }
}

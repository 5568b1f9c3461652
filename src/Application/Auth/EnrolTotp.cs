using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Adds an authenticator app in the middle of a sign-in, for a user whose role needs a second factor and who has none.</summary>
/// <remarks>The sign-in goes on with <c>login/challenge</c>, the method <c>totp</c> and the first code: then the app is active.</remarks>
/// <example>{"challengeId":"8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCvB"}</example>
[Anonymous]
public sealed record EnrolTotp : ICommand<TotpEnrolmentDto>, IOwnTransaction
{
    public required string ChallengeId { get; init; }
}

/// <summary>A new authenticator app and its recovery codes, which are shown once; nothing is active before the first code.</summary>
/// <example>
/// {"secret":"OLZ6JSA3LZRM23W7GXYSFGV6D34S4TR2",
/// "uri":"otpauth://totp/Portico:ada%40example.org?secret=OLZ6JSA3LZRM23W7GXYSFGV6D34S4TR2&amp;issuer=Portico","qrCode":"&lt;svg/&gt;",
/// "recoveryCodes":["MFRG-GZDF-MZTW-Q2LK"]}
/// </example>
public sealed record TotpEnrolmentDto(string Secret, string Uri, string QrCode, IReadOnlyList<string> RecoveryCodes);

internal sealed class EnrolTotpValidator : AbstractValidator<EnrolTotp>
{
    public EnrolTotpValidator() => RuleFor(c => c.ChallengeId).NotEmpty().MaximumLength(FieldRules.MaxIdLength);
}

internal sealed class EnrolTotpHandler(SecondFactorChallenges challenges, ISecondFactors factors, ITransaction transaction)
    : ICommandHandler<EnrolTotp, TotpEnrolmentDto>
{
    public async Task<Result<TotpEnrolmentDto>> Handle(EnrolTotp command, CancellationToken cancellationToken)
    {
        var (pending, user) = await challenges.Find(command.ChallengeId, cancellationToken);
        if (user is null || !pending!.Methods.Contains(ChallengeMethod.TotpEnrolment))
            return UserErrors.InvalidCode;

        return await transaction.Run<Result<TotpEnrolmentDto>>(
            async token =>
            {
                if (await factors.AddTotp(user, token) is not { } secret)
                    return SecondFactorErrors.TotpActive;
                return new TotpEnrolmentDto(
                    secret.Secret, secret.Uri, secret.QrCode, await factors.ReplaceRecoveryCodes(user.Id, token));
            },
            cancellationToken);
    }
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Exchanges the code with which the browser came back from a provider for tokens, a challenge or a linked login.</summary>
/// <remarks>
/// The first sign-in with an account of a provider registers a user. If its address is not verified by the provider, or belongs to a user,
/// a code to the address is asked for first: an address alone never gives access to a user. A code of a link is accepted from the session
/// that began the link, and from no other caller.
/// </remarks>
/// <example>{"code":"8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCvB"}</example>
[Anonymous]
public sealed record ExchangeOAuthCode : ICommand<LogInAnswer>, IOwnTransaction
{
    public required string Code { get; init; }

    /// <summary>The code verifier (RFC 7636), if the flow was started with a code challenge.</summary>
    public string? CodeVerifier { get; init; }

    /// <summary>
    /// Ignores the address that the provider gave, for a person who can't read its messages: the user is registered without an address.
    /// </summary>
    public bool IgnoreAddress { get; init; }

    /// <summary>The secret of the cookie that the browser got with the code.</summary>
    [JsonIgnore]
    public string? BrowserKey { get; init; }
}

internal sealed class ExchangeOAuthCodeValidator : AbstractValidator<ExchangeOAuthCode>
{
    private const int MaxVerifierLength = 128;

    public ExchangeOAuthCodeValidator()
    {
        RuleFor(c => c.Code).Must(code => code is not null && FieldRules.IsToken(code)).WithMessage("Give the code of the return URL.");
        RuleFor(c => c.CodeVerifier).MaximumLength(MaxVerifierLength);
    }
}

internal sealed class ExchangeOAuthCodeHandler(IOneTimeRecords records, ExternalSignIn external, ICurrentUser caller)
    : ICommandHandler<ExchangeOAuthCode, LogInAnswer>
{
    public async Task<Result<LogInAnswer>> Handle(ExchangeOAuthCode command, CancellationToken cancellationToken)
    {
        // Without the key of the browser the record is not found, and stays for the browser that has it.
        var bound = command.BrowserKey is null ? null : await Take(command.Code + command.BrowserKey, cancellationToken);
        if ((bound ?? await Take(command.Code, cancellationToken)) is not { } result || !IsMet(result.Flow.CodeChallenge, command))
            return UserErrors.InvalidCode;

        var identity = command.IgnoreAddress ? result.Identity with { Email = null } : result.Identity;
        if (result.Flow.Link is not { } link)
            return await external.Begin(identity, cancellationToken);
        if (!caller.IsAuthenticated || link != new LinkingSession(caller.Id, caller.SessionId))
            return CommonErrors.Unauthenticated;

        var linked = await external.Link(caller.Id, identity, cancellationToken);
        return linked.Error is { } refusal ? refusal : LogInAnswer.Linked;
    }

    private async Task<OAuthResult?> Take(string token, CancellationToken cancellationToken)
    {
        if (await records.Find<OAuthResult>(OneTimeRecordKind.ReturnCode, token, cancellationToken) is not { } result)
            return null;
        await external.RequireDatabase(result.Identity, cancellationToken);
        return await records.Take<OAuthResult>(OneTimeRecordKind.ReturnCode, token, cancellationToken);
    }

    private static bool IsMet(string? challenge, ExchangeOAuthCode command) =>
        challenge is null
        || (command.CodeVerifier is { } verifier && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(challenge),
            Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))))));
}

using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Takes the browser back from the provider to the frontend, with a one-time code or with an error; never with a token.</summary>
/// <remarks>Only a flow whose state was valid, and was used for the first time, gets here.</remarks>
[Anonymous]
public sealed record CompleteOAuth : ICommand<OAuthReturn>, IOwnTransaction
{
    public required OAuthFlow Flow { get; init; }

    /// <summary>Who the person is; <c>null</c> if the provider did not say it.</summary>
    public ExternalIdentity? Identity { get; init; }

    /// <summary>Why there is no identity.</summary>
    public OAuthFailure Failure { get; init; }
}

/// <summary>Why a provider did not say who a person is. The names, in snake_case, are part of the contract.</summary>
public enum OAuthFailure
{
    None = 0,

    /// <summary>The person declined at the provider.</summary>
    AccessDenied = 1,

    /// <summary>The provider does not answer.</summary>
    ProviderUnavailable = 2,

    /// <summary>The answer of the provider is not valid.</summary>
    SignInFailed = 3,
}

/// <summary>Where the browser goes, and the secret that it must send back with the code; <c>null</c> for none.</summary>
public sealed record OAuthReturn(Uri Url, string? Code, string? BrowserKey);

/// <summary>What a provider said at the end of a flow.</summary>
internal sealed record OAuthResult(OAuthFlow Flow, ExternalIdentity Identity);

internal sealed class CompleteOAuthValidator : AbstractValidator<CompleteOAuth>
{
    public CompleteOAuthValidator() => RuleFor(c => c.Flow).NotNull();
}

internal sealed class CompleteOAuthHandler(ILoginProviders providers, IOneTimeRecords records) : ICommandHandler<CompleteOAuth, OAuthReturn>
{
    public async Task<Result<OAuthReturn>> Handle(CompleteOAuth command, CancellationToken cancellationToken)
    {
        var flow = command.Flow;
        if (command.Identity is not { } identity)
            return new OAuthReturn(With(flow.ReturnUrl, "error", Name(command.Failure)), Code: null, BrowserKey: null);

        // A frontend of the same origin sends the cookies of this API: then only this browser can use the code.
        var browserKey = providers.SharesCookiesWith(flow.ReturnUrl) ? OneTimeToken.New() : null;
        var code = OneTimeToken.New();
        await records.Add(
            OneTimeRecordKind.ReturnCode, code + browserKey, new OAuthResult(flow, identity), providers.CodeLifetime, cancellationToken);
        return new OAuthReturn(With(flow.ReturnUrl, "code", code), code, browserKey);
    }

    private static string Name(OAuthFailure failure) => failure switch
    {
        OAuthFailure.AccessDenied => "access_denied",
        OAuthFailure.ProviderUnavailable => "provider_unavailable",
        _ => "sign_in_failed",
    };

    // The allowed URLs have no fragment.
    private static Uri With(string url, string name, string value) =>
        new($"{url}{(url.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={value}");
}

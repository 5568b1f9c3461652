using FluentValidation;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Begins to link an account of a provider to the caller; needs a fresh session or second factor.</summary>
/// <remarks>
/// The browser opens <c>redirectUrl</c> and comes back to <c>returnUrl</c> with a code. The same session exchanges the code; then the
/// account is linked. So nobody can make another person's browser link that person's account to their own user.
/// </remarks>
/// <example>{"provider":"google","returnUrl":"https://app.example.com/settings"}</example>
[Authenticated]
public sealed record LinkLogin : ICommand<LinkStartedDto>, IOwnTransaction
{
    public required string Provider { get; init; }

    /// <summary>One of the allowed URLs.</summary>
    public required string ReturnUrl { get; init; }
}

/// <summary>Where the browser goes to link an account; the URL works once, for <c>expiresIn</c> seconds.</summary>
/// <example>
/// {"redirectUrl":"https://api.example.com/api/v1/auth/oauth/google/start?ticket=8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv",
/// "expiresIn":600}
/// </example>
public sealed record LinkStartedDto(string RedirectUrl, int ExpiresIn);

internal sealed class LinkLoginValidator : AbstractValidator<LinkLogin>
{
    public LinkLoginValidator()
    {
        RuleFor(c => c.Provider).NotEmpty();
        RuleFor(c => c.ReturnUrl).NotEmpty();
    }
}

internal sealed class LinkLoginHandler(ILoginProviders providers, IOneTimeRecords records, FreshProof fresh, ICurrentUser caller)
    : ICommandHandler<LinkLogin, LinkStartedDto>
{
    public async Task<Result<LinkStartedDto>> Handle(LinkLogin command, CancellationToken cancellationToken)
    {
        if (providers.All.FirstOrDefault(known => known.Name == command.Provider) is not { } provider)
            return OAuthErrors.ProviderNotFound;
        if (!providers.MayReturnTo(command.ReturnUrl))
            return OAuthErrors.ReturnUrlNotAllowed;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;

        var ticket = OneTimeToken.New();
        var flow = new OAuthFlow(
            provider.Name, command.ReturnUrl, CodeChallenge: null, new LinkingSession(caller.Id, caller.SessionId));
        await records.Add(OneTimeRecordKind.LinkTicket, ticket, flow, providers.FlowLifetime, cancellationToken);
        return new LinkStartedDto(
            providers.UrlOf($"/api/v1/auth/oauth/{provider.Name}/start?ticket={ticket}").AbsoluteUri,
            (int)providers.FlowLifetime.TotalSeconds);
    }
}

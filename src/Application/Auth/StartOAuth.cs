using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Begins a sign-in with a provider, or the link of its account when there is a ticket of a session.</summary>
/// <remarks>Nothing is stored: the flow is in the encrypted state, which the browser carries to the provider and back.</remarks>
[Anonymous]
public sealed record StartOAuth : ICommand<OAuthFlow>, IOwnTransaction
{
    public required string Provider { get; init; }

    /// <summary>Where the browser ends; one of the allowed URLs.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>The S256 code challenge of the frontend (RFC 7636), if it wants to be the only one that can use the code.</summary>
    public string? CodeChallenge { get; init; }

    /// <summary>The ticket of a link; it names the return URL.</summary>
    public string? Ticket { get; init; }
}

internal sealed class StartOAuthValidator : AbstractValidator<StartOAuth>
{
    public StartOAuthValidator()
    {
        RuleFor(c => c.Provider).NotEmpty();
        RuleFor(c => c.ReturnUrl)
            .Must((command, url) => (url is null) != (command.Ticket is null))
            .WithMessage("Give exactly one of returnUrl and ticket.");
        RuleFor(c => c.CodeChallenge)
            .Must(challenge => challenge is null || FieldRules.IsToken(challenge))
            .WithMessage("Give the SHA-256 hash of the code verifier in base64url: 43 characters.");
        RuleFor(c => c.Ticket)
            .Must(ticket => ticket is null || FieldRules.IsToken(ticket))
            .WithMessage("Give the ticket of the link.");
    }
}

internal sealed class StartOAuthHandler(ILoginProviders providers, IOneTimeRecords records) : ICommandHandler<StartOAuth, OAuthFlow>
{
    public async Task<Result<OAuthFlow>> Handle(StartOAuth command, CancellationToken cancellationToken)
    {
        if (providers.Find(command.Provider) is not { } provider)
            return OAuthErrors.ProviderNotFound;

        if (command.Ticket is not { } ticket)
        {
            return providers.MayReturnTo(command.ReturnUrl!)
                ? new OAuthFlow(provider.Name, command.ReturnUrl!, command.CodeChallenge, Link: null)
                : OAuthErrors.ReturnUrlNotAllowed;
        }

        var flow = await records.Take<OAuthFlow>(OneTimeRecordKind.LinkTicket, ticket, cancellationToken);
        return flow?.Provider == provider.Name ? flow with { CodeChallenge = command.CodeChallenge } : OAuthErrors.InvalidState;
    }
}

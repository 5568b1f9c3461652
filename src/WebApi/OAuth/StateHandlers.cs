using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using OpenIddict.Abstractions;
using OpenIddict.Client;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using static OpenIddict.Client.OpenIddictClientEvents;

namespace Portico.WebApi.OAuth;

/// <summary>Sends PKCE with S256 in every flow, whatever the provider says that it supports (RFC 9700, 2.1.1).</summary>
internal sealed class RequirePkce : IOpenIddictClientHandler<ProcessChallengeContext>
{
    public ValueTask HandleAsync(ProcessChallengeContext context)
    {
        context.CodeChallengeMethod = OpenIddictConstants.CodeChallengeMethods.Sha256;
        return ValueTask.CompletedTask;
    }
}

/// <summary>Accepts each state once, after its signature, its lifetime and its cookie were checked, and before the code is used.</summary>
internal sealed class UseStateOnce(IOneTimeRecords records, ILoginProviders providers)
    : IOpenIddictClientHandler<ProcessAuthenticationContext>
{
    /// <summary>The property of the state that holds the flow.</summary>
    public const string FlowProperty = "portico_flow";

    public async ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        if (context.StateTokenPrincipal is null || context.Nonce is not { } nonce
            || !context.Properties.TryGetValue(FlowProperty, out var text)
            || JsonSerializer.Deserialize<OAuthFlow>(text ?? "null") is not { } flow
            || !await records.TryUseState(nonce, providers.FlowLifetime, context.CancellationToken))
        {
            context.Reject(OpenIddictConstants.Errors.InvalidRequest, "The state is not valid or was used before.");
            return;
        }

        // From here on the browser may be sent to the return URL: it is the browser that began the flow.
        context.Transaction.SetProperty(typeof(OAuthFlow).FullName!, flow);
    }
}

/// <summary>Checks the issuer of the answer where it is sent, against mix-up (RFC 9207).</summary>
/// <remarks>OpenIddict refuses an issuer that the provider did not announce, and for Google ignores it.</remarks>
internal sealed class CheckIssuer : IOpenIddictClientHandler<ProcessAuthenticationContext>
{
    public ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        if (context.Request?[OpenIddictConstants.Parameters.Iss] is not { } sent)
            return ValueTask.CompletedTask;

        // It is no text when it was sent twice.
        if (Uri.TryCreate((string?)sent, UriKind.Absolute, out var uri) && uri == context.Registration.Issuer)
            context.DisableIssuerParameterValidation = true;
        else
            context.Reject(OpenIddictConstants.Errors.InvalidRequest, "The answer comes from another issuer.");
        return ValueTask.CompletedTask;
    }
}

/// <summary>Checks the lifetime of an id token, which OpenIddict does not check.</summary>
internal sealed class CheckIdTokenLifetime(TimeProvider clock) : IOpenIddictClientHandler<ProcessAuthenticationContext>
{
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(1);

    public ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        // That an id token has both claims was checked before.
        if (context.BackchannelIdentityTokenPrincipal is { } token
            && (!TryRead(token, OpenIddictConstants.Claims.ExpiresAt, out var expires)
                || !TryRead(token, OpenIddictConstants.Claims.IssuedAt, out var issued)
                || clock.GetUtcNow() > expires + ClockSkew
                || clock.GetUtcNow() < issued - ClockSkew))
            context.Reject(OpenIddictConstants.Errors.InvalidToken, "The id token is expired or not valid yet.");
        return ValueTask.CompletedTask;
    }

    private static bool TryRead(ClaimsPrincipal token, string name, out DateTimeOffset time)
    {
        var isTime = long.TryParse(token.GetClaim(name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        time = isTime ? DateTimeOffset.FromUnixTimeSeconds(seconds) : default;
        return isTime;
    }
}

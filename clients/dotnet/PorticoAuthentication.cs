using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Portico.Client;

/// <summary>How access tokens are verified.</summary>
public sealed class PorticoTokenOptions
{
    internal const string Address = "https?://.*[^/]";
    internal const string AddressProblem = "{0} must be an address such as https://api.example.com, without a slash at its end.";

    /// <summary>The public address of Portico: the <c>iss</c> of every token. The public keys are found under it.</summary>
    [Required, RegularExpression(Address, ErrorMessage = AddressProblem)]
    public string Issuer { get; set; } = "";

    /// <summary>The <c>aud</c> of the tokens: <c>portico</c>, or the name of this service behind the gateway.</summary>
    [Required] public string Audience { get; set; } = "portico";

    /// <summary>
    /// Whether Portico is asked about each token, so that an ended session is refused within a second. Without it a token counts until it
    /// expires. Portico knows only tokens of its own audience.
    /// </summary>
    public bool ChecksSession { get; set; }
}

/// <summary>Verifies access tokens with the public keys of Portico.</summary>
public static class PorticoAuthentication
{
    private const string Unavailable = "Portico.Unavailable";

    /// <summary>Adds the scheme <c>Bearer</c>: a wrong token is answered with 401, and an outage of Portico with 503.</summary>
    public static AuthenticationBuilder AddPortico(this AuthenticationBuilder authentication, Action<PorticoTokenOptions> configure)
    {
        authentication.Services.AddOptions<PorticoTokenOptions>().Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        authentication.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme)
            .Configure<IOptions<PorticoTokenOptions>>((jwt, options) => Configure(jwt, options.Value));
        return authentication.AddJwtBearer();
    }

    private static void Configure(JwtBearerOptions jwt, PorticoTokenOptions options)
    {
        jwt.Authority = options.Issuer;
        jwt.RequireHttpsMetadata = options.Issuer.StartsWith(Uri.UriSchemeHttps, StringComparison.Ordinal);
        jwt.MapInboundClaims = false;
        jwt.BackchannelTimeout = TimeSpan.FromSeconds(5);
        // A stranger who invents key ids causes at most one request in the first time; a dropped key is trusted for the second time.
        jwt.RefreshInterval = TimeSpan.FromSeconds(10);
        jwt.AutomaticRefreshInterval = TimeSpan.FromMinutes(5);
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
            // Only this one; the handler itself would accept whatever issuer the discovery document names.
            IssuerValidator = (issuer, _, _) => issuer == options.Issuer ? issuer : throw new SecurityTokenInvalidIssuerException(),
            ValidAudience = options.Audience,
            ClockSkew = TimeSpan.FromSeconds(30),
            NameClaimType = "sub",
            RoleClaimType = "roles",
        };
        jwt.Events = new JwtBearerEvents
        {
            OnMessageReceived = context => Ask(context, context.Options.ConfigurationManager!.GetConfigurationAsync),
            OnTokenValidated = context =>
                options.ChecksSession ? Ask(context, token => CheckSession(context, options.Issuer, token)) : Task.CompletedTask,
            OnChallenge = context =>
            {
                if (!context.HttpContext.Items.ContainsKey(Unavailable))
                    return Task.CompletedTask;
                context.HandleResponse();
                context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
                return Task.CompletedTask;
            },
        };
    }

    /// <summary>Tells an outage of Portico from a wrong token: the handler itself would call every token wrong.</summary>
    private static async Task Ask(ResultContext<JwtBearerOptions> context, Func<CancellationToken, Task> ask)
    {
        try
        {
            await ask(context.HttpContext.RequestAborted);
        }
        catch (Exception) when (!context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            context.HttpContext.Items[Unavailable] = true;
            context.NoResult();
        }
    }

    private static async Task CheckSession(TokenValidatedContext context, string issuer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{issuer}/api/v1/auth/check");
        request.Headers.Add("Authorization", $"{context.Request.Headers.Authorization}");
        using var answer = await context.Options.Backchannel.SendAsync(request, cancellationToken);
        if (answer.StatusCode == HttpStatusCode.Unauthorized)
            context.Fail("The session has ended.");
        else
            answer.EnsureSuccessStatusCode();
    }
}

using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;
using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Security;

internal static class TokenRegistration
{
    // The key of HttpContext.Items that says that the keys of Portico can't be read.
    private static readonly object KeysMissing = new();

    private static readonly TimeSpan KeyDeadline = TimeSpan.FromSeconds(5);

    // A stranger who invents key ids causes at most one request to Portico in this time.
    private static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(10);

    // A key that was dropped in an emergency is trusted at most this long.
    private static readonly TimeSpan LongestRefresh = TimeSpan.FromMinutes(5);

    /// <summary>Verifies access tokens with the public keys of Portico, found through its discovery document.</summary>
    public static IServiceCollection AddTokens(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<TokenSettings>(configuration);
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<TokenSettings>(Configure);
        return services;
    }

    /// <summary>Whether the token of this request could not be verified because the keys can't be read.</summary>
    public static bool LacksKeys(HttpContext context) => context.Items.ContainsKey(KeysMissing);

    private static void Configure(JwtBearerOptions options, TokenSettings settings)
    {
        options.Authority = settings.Issuer;
        options.RequireHttpsMetadata = settings.Issuer.StartsWith(Uri.UriSchemeHttps, StringComparison.Ordinal);
        options.MapInboundClaims = false;
        options.BackchannelTimeout = KeyDeadline;
        options.RefreshInterval = ShortestRefresh;
        options.AutomaticRefreshInterval = LongestRefresh;
        if (settings.InternalIssuer.Length > 0)
        {
            options.RequireHttpsMetadata = false;
            options.BackchannelHttpHandler = new InternalIssuerHandler(new Uri(settings.Issuer), new Uri(settings.InternalIssuer));
        }

        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
            // Only this one; the handler itself would also accept whatever issuer the discovery document names.
            IssuerValidator = (issuer, _, _) => issuer == settings.Issuer ? issuer : throw new SecurityTokenInvalidIssuerException(),
            ValidAudiences = [settings.Audience, settings.ServiceAudience],
            ClockSkew = settings.ClockSkew,
            NameClaimType = "sub",
            RoleClaimType = Caller.RoleClaim,
        };
        options.Events = new JwtBearerEvents { OnMessageReceived = RequireKeys };
    }

    /// <summary>Tells an outage of Portico from a wrong token: the handler itself would call every token wrong.</summary>
    private static async Task RequireKeys(MessageReceivedContext context)
    {
        try
        {
            await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (Exception) when (!context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            context.HttpContext.Items[KeysMissing] = null;
            context.NoResult();
        }
    }

    /// <summary>Sends the requests for the public address of Portico to its internal address.</summary>
    private sealed class InternalIssuerHandler(Uri issuer, Uri internalIssuer) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri is { } uri && issuer.IsBaseOf(uri))
                request.RequestUri = new Uri(internalIssuer, uri.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

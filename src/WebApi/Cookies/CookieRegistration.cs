using Microsoft.AspNetCore.Authentication;

namespace Portico.WebApi.Cookies;

/// <summary>Registers the cookie mode of browsers.</summary>
internal static class CookieRegistration
{
    public static IServiceCollection AddCookieMode(this IServiceCollection services)
    {
        new AuthenticationBuilder(services).AddScheme<AuthenticationSchemeOptions, CookieHandler>(CookieHandler.SchemeName, null);
        return services
            .AddSingleton<SessionCookie>()
            .AddSingleton<BrowserOrigins>()
            .AddSingleton<HeldTokens>()
            .AddSingleton<SessionStreams>();
    }
}

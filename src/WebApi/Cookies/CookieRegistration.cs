namespace Portico.WebApi.Cookies;

/// <summary>Registers the cookie mode of browsers.</summary>
internal static class CookieRegistration
{
    public static IServiceCollection AddCookieMode(this IServiceCollection services) => services
        .AddSingleton<SessionCookie>()
        .AddSingleton<BrowserOrigins>()
        .AddSingleton<HeldTokens>()
        .AddSingleton<SessionStreams>();
}

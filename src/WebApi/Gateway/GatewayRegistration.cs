using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Options;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.SigningKeys;
using Portico.WebApi.Http;

namespace Portico.WebApi.Gateway;

internal static class GatewayRegistration
{
    private static readonly string[] Methods =
        [HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];

    public static IServiceCollection AddGateway(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<GatewaySettings>(configuration);
        services.AddSingleton<IValidateOptions<GatewaySettings>>(new GatewayBinding(configuration));
        services.AddHttpForwarder();
        return services.AddSingleton<GatewayMetrics>().AddSingleton<GatewayCache>().AddSingleton<GatewayEndpoint>();
    }

    /// <summary>Maps the services of the configuration, after all routes of Portico.</summary>
    /// <exception cref="OptionsValidationException">A service would hide a route of Portico, or contradicts another setting.</exception>
    public static void MapGateway(this WebApplication app)
    {
        // Their series exist even without services, so that dashboards find them.
        app.Services.GetRequiredService<GatewayMetrics>();
        var routes = app.Services.GetRequiredService<GatewaySettings>().Routes;
        if (routes.Count == 0)
            return;

        if (Problems(app, routes).ToArray() is { Length: > 0 } problems)
            throw new OptionsValidationException(GatewaySettings.Section, typeof(GatewaySettings), problems);
        var endpoint = app.Services.GetRequiredService<GatewayEndpoint>();
        foreach (var (name, route) in routes)
        {
            var service = new GatewayService(name, route);
            app.Lifetime.ApplicationStopped.Register(service.Dispose);
            app.MapMethods($"{service.Prefix}/{{**path}}", Methods, context => endpoint.Answer(context, service))
                .ExcludeFromDescription();
        }
    }

    private static IEnumerable<string> Problems(WebApplication app, IReadOnlyDictionary<string, GatewayRoute> routes)
    {
        var own = ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.PathSegments)
            .Where(segments => segments.Count > 2 && IsLiteral(segments[0], "api"))
            .SelectMany(segments => segments[2].Parts.OfType<RoutePatternLiteralPart>())
            .Select(part => part.Content)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var tokens = app.Services.GetRequiredService<TokenSettings>();
        var limits = app.Services.GetRequiredService<LimitSettings>();
        foreach (var (name, route) in routes)
        {
            if (own.Contains(name))
                yield return $"Gateway:Routes:{name} has the name of a route of Portico; choose another one.";
            // With a token for Portico the service could act as the caller.
            if (route.Identity == GatewayIdentity.DelegatedToken && (route.Audience.Length > 0 ? route.Audience : name) == tokens.Audience)
                yield return $"Gateway:Routes:{name}:Audience must not be Tokens:Audience, '{tokens.Audience}'.";
            if (route.Timeout > limits.RequestTimeout)
                yield return $"Gateway:Routes:{name}:Timeout must be at most Limits:RequestTimeout, {limits.RequestTimeout:c}.";
        }
    }

    private static bool IsLiteral(RoutePatternPathSegment segment, string text) =>
        segment.Parts is [RoutePatternLiteralPart { Content: var content }] && content.Equals(text, StringComparison.OrdinalIgnoreCase);
}

using System.Globalization;
using Portico.Infrastructure.AccessTokens;

namespace Portico.WebApi.Http;

internal static class DiscoveryEndpoints
{
    /// <summary>Maps the documents that other services need to verify access tokens; any cache may store them.</summary>
    public static void MapDiscovery(this IEndpointRouteBuilder endpoints)
    {
        Map(endpoints, TokenDiscovery.JwksPath, discovery => discovery.Jwks(), "The public keys of access tokens (RFC 7517)");
        Map(
            endpoints,
            "/.well-known/openid-configuration",
            discovery => discovery.Metadata(),
            "The issuer of access tokens, for verifiers");
        Map(endpoints, "/.well-known/oauth-authorization-server", discovery => discovery.Metadata(), "The same, at the path of RFC 8414");
    }

    private static void Map(IEndpointRouteBuilder endpoints, string path, Func<TokenDiscovery, DiscoveryDocument> read, string summary) =>
        endpoints.MapGet(path, (HttpContext context, TokenDiscovery discovery) => Write(context, read(discovery)))
            .WithTags("Discovery").WithSummary(summary).Produces<object>(contentType: "application/json");

    private static async Task Write(HttpContext context, DiscoveryDocument document)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={document.MaxAge.TotalSeconds:0}");
        headers.ETag = document.ETag;
        // Browsers of all origins may read the keys.
        headers.AccessControlAllowOrigin = "*";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch, document.ETag.Trim('"')))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = document.Json.Length;
        await context.Response.Body.WriteAsync(document.Json, context.RequestAborted);
    }
}

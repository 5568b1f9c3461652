using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Portico.WebApi.OpenApi;

/// <summary>Adds the general description of the document, and its security schemes: the access token and the cookie of browsers.</summary>
internal sealed class SecuritySchemes : IOpenApiDocumentTransformer
{
    public const string Bearer = "Bearer";
    public const string Cookie = "Cookie";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Portico",
            Version = context.DocumentName,
            Description =
                "The one API that web and mobile frontends talk to.\n\n" +
                "Errors are Problem Details (RFC 9457) with a stable `code`. Times are UTC, ids are UUID v7, " +
                "lists are read page by page with `limit` and `cursor`.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };
        // No server list, so the document is the same everywhere; paths are relative to the host that served it.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
        document.Components.SecuritySchemes[Bearer] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "JWT",
            Description = "An access token from auth/register, auth/login or auth/refresh.",
        };
        document.Components.SecuritySchemes[Cookie] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = "__Host-portico",
            Description = "The cookie of a browser, from session/login. Calls that change something need X-CSRF: 1 and an allowed Origin.",
        };
        return Task.CompletedTask;
    }
}

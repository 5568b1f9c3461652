using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApiExplorer;

namespace Portico.WebApi.OpenApi;

/// <summary>The OpenAPI document, made from the code, and the page that shows it.</summary>
internal static class OpenApiRegistration
{
    private const string Version = "v1";
    private const string Document = $"/openapi/{Version}.json";
    private const string PagePath = "/swagger";
    private const string SignInScript = "/swagger/sign-in.js";

    // The page sets styles of elements; its scripts are files of this server, and it talks to nobody else.
    private const string PagePolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddSingleton<IApiDescriptionProvider, VersionedDescriptions>();
        return services.AddOpenApi(Version, options =>
        {
            options.AddDocumentTransformer<BearerScheme>();
            options.AddOperationTransformer<OperationTransformer>();
            options.AddSchemaTransformer<TextSchemas>();
        });
    }

    public static void UseSwaggerPage(this WebApplication app)
    {
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments(PagePath, StringComparison.OrdinalIgnoreCase),
            branch =>
            {
                branch.Use((context, next) =>
                {
                    context.Response.Headers.ContentSecurityPolicy = PagePolicy;
                    return next(context);
                });
                branch.UseSwaggerUI(page =>
                {
                    page.RoutePrefix = PagePath.TrimStart('/');
                    page.DocumentTitle = "Portico";
                    page.SwaggerEndpoint(Document, $"Portico {Version}");
                    page.InjectJavascript(SignInScript);
                    page.EnablePersistAuthorization();
                    page.DisplayRequestDuration();
                    page.EnableTryItOutByDefault();
                });
            });
    }

    public static void MapOpenApiDocument(this WebApplication app)
    {
        app.MapOpenApi();
        var script = ReadScript();
        app.MapGet(SignInScript, () => Results.Text(script, "text/javascript")).ExcludeFromDescription();
    }

    private static string ReadScript()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("sign-in.js")
            ?? throw new InvalidOperationException("sign-in.js is not embedded in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

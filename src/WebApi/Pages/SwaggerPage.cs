using System.Text;
using NSwag.AspNetCore;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Pages;

/// <summary>The Swagger UI of NSwag at <c>/swagger</c>, over the framework's OpenAPI document.</summary>
internal static class SwaggerPage
{
    public const string Path = "/swagger";
    public const string SignInScript = "/swagger/sign-in.js";

    /// <summary>The style of the logo, which the script of the Swagger UI adds to the page. A test finds it in that script.</summary>
    public const string LogoStyle = ".logo_small_svg__cls-2{fill:#fff}.logo_small_svg__cls-3{fill:#85ea2d}";

    public static void UseSwaggerPage(this WebApplication app) => app.UseWhen(
        context => context.Request.Path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase),
        branch =>
        {
            branch.Use(AllowInlineScript);
            branch.UseSwaggerUi(page =>
            {
                page.Path = Path;
                page.SwaggerRoutes.Add(new SwaggerUiRoute("v1", OpenApiRegistration.Document));
                page.DocumentTitle = "Portico";
                page.CustomJavaScriptPath = SignInScript;
                page.PersistAuthorization = true;
                page.EnableTryItOut = true;
                page.DocExpansion = "list";
                page.AdditionalSettings["displayRequestDuration"] = true;
            });
        });

    /// <summary>Allows the inline script of the page by its hash, because the package writes settings and URLs into it.</summary>
    private static async Task AllowInlineScript(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Path.Equals(Path + "/index.html", StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        var body = context.Response.Body;
        using var page = new MemoryStream();
        context.Response.Body = page;
        try
        {
            await next(context);
        }
        finally
        {
            context.Response.Body = body;
        }

        var html = page.GetBuffer().AsMemory(0, (int)page.Length);
        context.Response.Headers.ContentSecurityPolicy = PagePolicy.OfApplication(Encoding.UTF8.GetString(html.Span), LogoStyle);
        context.Response.ContentLength = html.Length;
        await body.WriteAsync(html, context.RequestAborted);
    }
}

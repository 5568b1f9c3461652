using System.Reflection;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Pages;

internal static class PageEndpoints
{
    /// <summary>Maps the home page at <c>/</c> for browsers, and the script of the Swagger page.</summary>
    public static void MapPages(this IEndpointRouteBuilder endpoints)
    {
        var script = Read("sign-in.js");
        endpoints.MapGet(SwaggerPage.SignInScript, () => Results.Text(script, "text/javascript")).ExcludeFromDescription();

        var home = Read("home.html");
        var policy = PagePolicy.OfText(home);
        endpoints.MapGet("/", (HttpContext context) =>
        {
            context.Response.Headers.Vary = HeaderNames.Accept;
            if (!IsBrowser(context.Request))
                return Results.StatusCode(StatusCodes.Status404NotFound);
            context.Response.Headers.ContentSecurityPolicy = policy;
            return Results.Text(home, "text/html; charset=utf-8");
        }).ExcludeFromDescription();
    }

    // Programs accept */* or JSON; only browsers ask for HTML.
    private static bool IsBrowser(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types) &&
        types.Any(type => type.Quality is not 0 && type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not embedded in this assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

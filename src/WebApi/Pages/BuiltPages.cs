using Portico.Infrastructure.Configuration;
using Portico.WebApi.Http;

namespace Portico.WebApi.Pages;

/// <summary>Serves the console at <c>/console</c>, and in development the landing page of the examples at <c>/landing</c>.</summary>
internal static partial class BuiltPages
{
    public const string Console = "/console";
    public const string Landing = "/landing";

    public static IServiceCollection AddBuiltPages(this IServiceCollection services, IConfiguration configuration) =>
        services.AddSettings<PageSettings>(configuration);

    public static void UseBuiltPages(this WebApplication app)
    {
        var settings = app.Services.GetRequiredService<PageSettings>();
        app.UseBuiltPage(Console, settings.ConsoleFolder ?? Path.Combine(AppContext.BaseDirectory, "console"));
        if (app.Environment.IsDevelopment() && settings.LandingFolder is { } landing)
            app.UseBuiltPage(Landing, landing);
    }

    private static void UseBuiltPage(this WebApplication app, string root, string folder)
    {
        // Read by the first request, because few processes are asked for it.
        var page = new Lazy<BuiltPage?>(() =>
        {
            var built = BuiltPage.Read(folder);
            if (built is null)
                LogMissing(app.Logger, root, folder);
            return built;
        });
        app.Use((context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments(root, StringComparison.Ordinal, out var path))
                return next(context);
            return page.Value is { } built ? built.AnswerAsync(context, path.Value ?? "") : context.Refuse(HttpErrors.NotFound);
        });
    }

    [LoggerMessage(
        1, LogLevel.Information, "There is no page at {Root}, because {Folder} has no index.html. ./dev build-console builds the console.")]
    private static partial void LogMissing(ILogger logger, string root, string folder);
}

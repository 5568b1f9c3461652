using Microsoft.Extensions.Options;
using Portico.Application;
using Portico.Infrastructure;
using Portico.Infrastructure.Configuration;
using Portico.WebApi.Http;

namespace Portico.WebApi;

/// <summary>Creates and runs the web API; tests run it in their own process.</summary>
internal static class WebApiHost
{
    public static WebApplication Create(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions
            {
                Args = [SettingsFiles.Unwatched, .. args],
                ContentRootPath = AppContext.BaseDirectory,
                ApplicationName = typeof(WebApiHost).Assembly.GetName().Name
            });
        // The command line overrides all other sources.
        builder.Configuration.AddSecretFiles().AddCommandLine(args);
        builder.Services.AddApplication().AddInfrastructure(builder.Configuration).AddWebApi(builder.Configuration);
        replace?.Invoke(builder.Services);
        var app = builder.Build();
        // Here and not at the start of the host, which would log each problem with its stack.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        return app.UseWebApi();
    }

    /// <summary>The addresses of a started program, with the real ports.</summary>
    public static (Uri Api, Uri Management) Addresses(WebApplication app)
    {
        var listeners = app.Services.GetRequiredService<Listeners>();
        return (listeners.Api, listeners.Management);
    }

    /// <summary>The address of gRPC of a started program; <c>null</c> when it is off.</summary>
    public static Uri? GrpcAddress(WebApplication app) => app.Services.GetRequiredService<Listeners>().Grpc;

    /// <summary>Runs until it is stopped.</summary>
    /// <returns>0, or 1 when a setting is wrong or the start failed; the reasons are on standard error, one line each.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter error) =>
        ServerRun.RunAsync(() => Create(args), "ASPNETCORE_URLS, Management:Url or Grpc:Url", error);
}

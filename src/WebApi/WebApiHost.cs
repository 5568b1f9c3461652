using Portico.Application;
using Portico.Infrastructure;

namespace Portico.WebApi;

/// <summary>Puts the web API together, for the program and for tests alike.</summary>
public static class WebApiHost
{
    /// <param name="args">Settings as <c>--Section:Name=value</c>; they win over files and environment variables.</param>
    /// <param name="services">What a test puts in the place of a service.</param>
    public static WebApplication Create(string[] args, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddApplication().AddInfrastructure(builder.Configuration);
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    /// <summary>The addresses of a started application, with the ports that it got.</summary>
    public static (Uri Api, Uri Management) Addresses(WebApplication app) => (new Uri(app.Urls.First()), new Uri(app.Urls.Last()));
}

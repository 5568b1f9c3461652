using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Portico.Testing;

/// <summary>Small web applications on a free port of loopback, without logs: the services of others that tests need.</summary>
public static class LoopbackApp
{
    public static WebApplication Create(Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Where it listens, once it is started.</summary>
    public static Uri Address(this WebApplication app) => new(app.Urls.First());
}

using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Portico.WebApi.Http;

namespace Portico.Orders.Hosting;

/// <summary>The sockets of this process: one for gRPC and one for health and metrics.</summary>
/// <remarks>The socket of a request decides what it may ask, never its Host header.</remarks>
internal sealed class Listeners(ListenSettings settings) : IConfigureOptions<KestrelServerOptions>
{
    private static readonly object Mark = new();
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    private ListenOptions? _service;
    private ListenOptions? _management;

    /// <summary>The address of gRPC after the start, with its real port.</summary>
    public Uri Service => ListenAddress.UriOf(_service!);

    /// <summary>The management address after the start, with its real port.</summary>
    public Uri Management => ListenAddress.UriOf(_management!);

    public static bool IsManagement(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) ?? false;

    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // Finds clients of streams that are gone without a word.
        options.Limits.Http2.KeepAlivePingDelay = PingDelay;
        options.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
        // The validation at the start, which comes after this, reports a wrong address together with all other wrong settings.
        ListenAddress.TryListen(options, settings.ManagementUrl, listener =>
        {
            _management = listener;
            listener.Protocols = HttpProtocols.Http1;
            listener.Use(connection => context =>
            {
                context.Items[Mark] = null;
                return connection(context);
            });
        });
        ListenAddress.TryListen(options, settings.Url, listener =>
        {
            _service = listener;
            listener.Protocols = HttpProtocols.Http2;
        });
    }
}

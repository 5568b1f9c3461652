using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

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
    public Uri Service => UriOf(_service!);

    /// <summary>The management address after the start, with its real port.</summary>
    public Uri Management => UriOf(_management!);

    public static bool IsManagement(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) ?? false;

    public static bool IsUsable(string url) => TryParse(url, out _);

    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // Finds clients of streams that are gone without a word.
        options.Limits.Http2.KeepAlivePingDelay = PingDelay;
        options.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
        Listen(options, settings.ManagementUrl, listener =>
        {
            _management = listener;
            listener.Protocols = HttpProtocols.Http1;
            listener.Use(connection => context =>
            {
                context.Items[Mark] = null;
                return connection(context);
            });
        });
        Listen(options, settings.Url, listener =>
        {
            _service = listener;
            listener.Protocols = HttpProtocols.Http2;
        });
    }

    private static void Listen(KestrelServerOptions options, string url, Action<ListenOptions> configure)
    {
        // The validation at the start, which comes after this, reports it together with all other wrong settings.
        if (!TryParse(url, out var address))
            return;

        void Configured(ListenOptions listener)
        {
            if (address.Scheme == Uri.UriSchemeHttps)
                listener.UseHttps();
            configure(listener);
        }

        if (IPAddress.TryParse(address.Host, out var ip))
            options.Listen(ip, address.Port, Configured);
        else if (!address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            options.ListenAnyIP(address.Port, Configured);
        else if (address.Port == 0)
            options.Listen(IPAddress.Loopback, 0, Configured);
        else
            options.ListenLocalhost(address.Port, Configured);
    }

    private static bool TryParse(string url, [NotNullWhen(true)] out BindingAddress? address)
    {
        try
        {
            address = BindingAddress.Parse(url);
            return address is { IsUnixPipe: false, PathBase: "", Port: >= 0 and <= IPEndPoint.MaxPort }
                && address.Scheme is "http" or "https" && IsHost(address.Host);
        }
        catch (FormatException)
        {
            address = null;
            return false;
        }
    }

    // A port that is no number would be a part of the name, and every name but localhost stands for all addresses of the machine.
    private static bool IsHost(string host) => host is "*" or "+" || Uri.CheckHostName(host) != UriHostNameType.Unknown;

    private static Uri UriOf(ListenOptions listener)
    {
        var end = listener.IPEndPoint ?? new IPEndPoint(IPAddress.Loopback, 0);
        var host = end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : end.Address;
        return new UriBuilder("http", host.ToString(), end.Port).Uri;
    }
}

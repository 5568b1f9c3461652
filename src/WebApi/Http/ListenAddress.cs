using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Portico.WebApi.Http;

/// <summary>Addresses to listen on, such as <c>http://localhost:5080</c> or <c>https://*:5443</c>.</summary>
internal static class ListenAddress
{
    /// <summary>Whether a text is such an address, without a path.</summary>
    public static bool IsUsable(string url) => TryParse(url, out _);

    /// <summary>Listens on an address.</summary>
    /// <returns><c>false</c> when the text is no address.</returns>
    public static bool TryListen(KestrelServerOptions options, string url, Action<ListenOptions> configure)
    {
        if (!TryParse(url, out var address))
            return false;

        if (IPAddress.TryParse(address.Host, out var ip))
            options.Listen(ip, address.Port, Configured);
        else if (!address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            options.ListenAnyIP(address.Port, Configured);
        else if (address.Port == 0)
            options.Listen(IPAddress.Loopback, 0, Configured);
        else
            options.ListenLocalhost(address.Port, Configured);
        return true;

        void Configured(ListenOptions listener)
        {
            if (address.Scheme == Uri.UriSchemeHttps)
                listener.UseHttps();
            configure(listener);
        }
    }

    /// <summary>The address by which a client on this machine reaches a listener after the start, with its real port.</summary>
    public static Uri UriOf(ListenOptions listener)
    {
        var end = listener.IPEndPoint ?? new IPEndPoint(IPAddress.Loopback, 0);
        var host = end.Address.Equals(IPAddress.Any) || end.Address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : end.Address;
        return new UriBuilder("http", host.ToString(), end.Port).Uri;
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
}

using System.Net;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The trusted proxies, which forward the address of the client.</summary>
internal sealed class ProxySettings : ISettings
{
    public static string Section => "Proxies";

    /// <summary>
    /// IP addresses and networks (<c>10.0.0.0/8</c>) whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are used; empty for none.
    /// </summary>
    public string[] Trusted { get; init; } = [];

    public IEnumerable<string> Problems()
    {
        foreach (var (index, text) in Trusted.Index())
        {
            if (Parse(text) is null)
                yield return $"Proxies:Trusted:{index} must be an IP address or a network, such as 10.0.0.0/8; it is '{text}'.";
        }
    }

    internal IEnumerable<IPNetwork> Networks() => Trusted.Select(text => Parse(text)!.Value);

    private static IPNetwork? Parse(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}

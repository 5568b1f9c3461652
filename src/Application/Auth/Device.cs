using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Portico.Application.Common.Security;

namespace Portico.Application.Auth;

/// <summary>What a person signs in with, as far as it can be told: a browser or program, a system, and a network.</summary>
/// <param name="Name">Such as <c>Firefox, Linux</c>; never the client's own words, which would reach people in a message of ours.</param>
/// <param name="IpAddress">From where.</param>
public sealed partial record Device(string Name, IPAddress? IpAddress)
{
    private const int Ipv4NetworkBytes = 3;
    private const int Ipv6NetworkBytes = 6;
    private const string Unknown = "–";

    // Each calls itself by the names of those after it, too.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("YaBrowser/", "Yandex Browser"), ("SamsungBrowser/", "Samsung Internet"),
        ("FxiOS/", "Firefox"),
        ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];

    /// <summary>The network of the address, /24 or /48: an address alone changes too often to be known again.</summary>
    public string Network
    {
        get
        {
            if (IpAddress is null)
                return "";
            var address = IpAddress.IsIPv4MappedToIPv6 ? IpAddress.MapToIPv4() : IpAddress;
            return Convert.ToHexString(
                address.GetAddressBytes()
                    .AsSpan(0, address.AddressFamily == AddressFamily.InterNetwork ? Ipv4NetworkBytes : Ipv6NetworkBytes));
        }
    }

    public static Device Of(IClient client)
    {
        var agent = client.UserAgent ?? "";
        var browser = Find(Browsers, agent) ?? (Program().Match(agent) is { Success: true } program ? program.Value : null);
        string?[] known = [browser == "Mozilla" ? null : browser, Find(Systems, agent)];
        var name = string.Join(", ", known.Where(part => part is not null));
        return new Device(name.Length > 0 ? name : Unknown, client.IpAddress);
    }

    private static string? Find((string Mark, string Name)[] names, string agent) =>
        Array.Find(names, name => agent.Contains(name.Mark, StringComparison.Ordinal)).Name;

    // No dots, so that it is no address of a page either.
    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{0,29}(?=/|$)", RegexOptions.None, 100)]
    private static partial Regex Program();
}

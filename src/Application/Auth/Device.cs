using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Portico.Application.Common.Security;

namespace Portico.Application.Auth;

/// <summary>The device of a sign-in, as far as it is known: browser or program, operating system, and network.</summary>
/// <param name="Name">For example <c>Firefox, Linux</c>; never free text of the client, because notifications contain the name.</param>
/// <param name="IpAddress">The IP address of the client.</param>
public sealed partial record Device(string Name, IPAddress? IpAddress)
{
    private const int Ipv4NetworkBytes = 3;
    private const int Ipv6NetworkBytes = 6;
    private const string Unknown = "–";

    // The order matters: the user agent of a browser also contains the names of browsers further down.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("YaBrowser/", "Yandex Browser"), ("SamsungBrowser/", "Samsung Internet"),
        ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
    ];

    private static readonly (string Mark, string Name)[] Systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];

    /// <summary>The network of the address, /24 or /48, because a single address changes too often.</summary>
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

    // No dots, so that the name can't be a link to a web page.
    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{0,29}(?=/|$)", RegexOptions.None, 100)]
    private static partial Regex Program();
}

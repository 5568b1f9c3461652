using System.ComponentModel.DataAnnotations;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Gateway;

/// <summary>Services that speak HTTP and are published under <c>/api/v1/{name}</c>.</summary>
internal sealed class GatewaySettings : ISettings
{
    private const int MostRoutes = 100;

    public static string Section => "Gateway";

    /// <summary>The services by their names, which are the segment after <c>/api/v1/</c>.</summary>
    public Dictionary<string, GatewayRoute> Routes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>How much memory the cached answers of all services may take; further answers are not kept.</summary>
    [Range(typeof(long), "0", "4294967296")]
    public long MaxCacheBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How many event streams of all services may be open in a process.</summary>
    [Range(0, 100_000)]
    public int MaxStreams { get; init; } = 1_000;

    public IEnumerable<string> Problems()
    {
        if (Routes.Count > MostRoutes)
            yield return $"Gateway:Routes must be at most {MostRoutes} services.";
        foreach (var problem in Routes.SelectMany(route => route.Value.Problems(route.Key)))
            yield return problem;
    }
}

/// <summary>How a service learns who the caller is.</summary>
internal enum GatewayIdentity
{
    /// <summary>By an access token for this service only, which lives for a minute.</summary>
    DelegatedToken,

    /// <summary>By the access token of the caller, with which the service could act as the caller.</summary>
    CallerToken,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>One service behind the gateway.</summary>
internal sealed class GatewayRoute
{
    private const int MaxNameLength = 32;
    private const int MaxAudienceLength = 255;

    /// <summary>Where the service is, such as <c>http://reports:8080</c>.</summary>
    public string Address { get; init; } = "";

    /// <summary>The permission that a caller needs; empty for every signed-in user.</summary>
    public string Permission { get; init; } = "";

    /// <summary>Whether callers who are not signed in may call the service.</summary>
    public bool Anonymous { get; init; }

    public GatewayIdentity Identity { get; init; }

    /// <summary>The <c>aud</c> of the tokens for the service; empty for the name of the route.</summary>
    public string Audience { get; init; } = "";

    /// <summary>How many requests a caller may send to the service in a minute; 0 for no limit besides the general ones.</summary>
    [Range(0, 1_000_000_000)]
    public int RequestsPerMinute { get; init; }

    /// <summary>How long an answer may be used again for the same caller; 0 for never.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan CacheLifetime { get; init; }

    /// <summary>How long the answer may take; for an event stream how long its head may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Header fields that the service gets besides the usual ones.</summary>
    public string[] RequestHeaders { get; init; } = [];

    /// <summary>Header fields that the client gets besides the usual ones.</summary>
    public string[] ResponseHeaders { get; init; } = [];

    public IEnumerable<string> Problems(string name)
    {
        var setting = $"Gateway:Routes:{name}";
        if (!IsName(name))
            yield return $"{setting}: the name must be 1 to {MaxNameLength} lower-case letters, digits and hyphens, a letter first.";
        if (!IsAddress(Address))
        {
            yield return $"{setting}:Address must be where the service is, such as http://reports:8080: http or https, without user, "
                + $"query and fragment; it is '{Address}'.";
        }

        if (Permission.Length > 0 && !Permissions.All.Contains(Permission, StringComparer.Ordinal))
            yield return $"{setting}:Permission must be empty or a permission of Portico; it is '{Permission}'.";
        if (Permission.Length > 0 && Anonymous)
            yield return $"{setting}:Anonymous must be false while {setting}:Permission is set.";
        if (Audience.Length > MaxAudienceLength || Audience.Any(char.IsWhiteSpace))
            yield return $"{setting}:Audience must be at most {MaxAudienceLength} characters without white space.";
        foreach (var (index, header) in RequestHeaders.Index().Where(entry => !GatewayHeaders.MayBeSent(entry.Item)))
            yield return $"{setting}:RequestHeaders:{index} must be a header field that Portico does not set itself and that names no "
                + $"identity; it is '{header}'.";
        foreach (var (index, header) in ResponseHeaders.Index().Where(entry => !GatewayHeaders.MayBeReturned(entry.Item)))
            yield return $"{setting}:ResponseHeaders:{index} must be a header field that Portico does not set itself and that does not act "
                + $"on the whole origin; it is '{header}'.";
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterLower(name[0])
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-');

    private static bool IsAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.UserInfo.Length == 0
        && !address.AsSpan().ContainsAny("?#\\@");
}

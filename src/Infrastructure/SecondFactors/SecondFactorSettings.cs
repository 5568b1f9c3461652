using System.ComponentModel.DataAnnotations;
using System.Net;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.SecondFactors;

/// <summary>Settings of authenticator apps and passkeys.</summary>
public sealed class SecondFactorSettings : ISettings
{
    private const int MaxNameLength = 64;
    private const int MaxOrigins = 100;
    private const string AndroidOrigin = "android:apk-key-hash:";

    public static string Section => "SecondFactors";

    /// <summary>The name of this installation in authenticator apps and in the browser's windows about passkeys.</summary>
    public string Name { get; init; } = "Portico";

    /// <summary>The domain that passkeys are bound to; empty is the host of <c>Tokens:Issuer</c>.</summary>
    public string RelyingPartyId { get; init; } = "";

    /// <summary>The origins of the pages that may use passkeys; none is the origin of <c>Tokens:Issuer</c>.</summary>
    public string[] Origins { get; init; } = [];

    /// <summary>How long a person may take to use a passkey.</summary>
    [Range(typeof(TimeSpan), "00:00:30", "00:15:00")]
    public TimeSpan PasskeyTimeout { get; init; } = TimeSpan.FromMinutes(5);

    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(Name) || Name.Length > MaxNameLength || Name.Any(c => char.IsControl(c) || c == ':'))
            yield return $"SecondFactors:Name must be 1 to {MaxNameLength} characters without a colon; it is '{Name}'.";
        if (RelyingPartyId.Length > 0 && !IsDomain(RelyingPartyId))
        {
            yield return "SecondFactors:RelyingPartyId must be a domain in lower case without scheme and port, such as example.com; "
                + $"it is '{RelyingPartyId}'.";
        }

        if (Origins.Length > MaxOrigins)
            yield return $"SecondFactors:Origins must be at most {MaxOrigins} origins.";
        if (Origins.Length == 0 && RelyingPartyId.Length > 0)
            yield return "SecondFactors:Origins:0 is missing: the origin of the pages that use passkeys of SecondFactors:RelyingPartyId.";
        foreach (var (index, origin) in Origins.Index())
        {
            if (!IsOrigin(origin))
            {
                yield return $"SecondFactors:Origins:{index} must be an origin such as https://app.example.com, "
                    + $"with http for localhost only, or {AndroidOrigin}… of an app; it is '{origin}'.";
            }
            else if (RelyingPartyId.Length == 0)
            {
                yield return $"SecondFactors:RelyingPartyId is missing, but SecondFactors:Origins:{index} is set.";
            }
            else if (IsDomain(RelyingPartyId) && IsWeb(origin) && !Covers(new Uri(origin).IdnHost))
            {
                yield return $"SecondFactors:Origins:{index} must be an origin of SecondFactors:RelyingPartyId or of a domain below it; "
                    + $"it is '{origin}'.";
            }
        }
    }

    /// <summary>The relying party and the origins, with their defaults; <c>null</c> when this API has no domain name.</summary>
    /// <remarks>A passkey can't be bound to an IP address. On the own machine browsers accept <c>localhost</c> instead.</remarks>
    internal (string Id, IReadOnlySet<string> Origins)? RelyingPartyOf(Uri issuer)
    {
        if (RelyingPartyId.Length > 0)
        {
            return (AsciiOf(RelyingPartyId), Origins.Select(origin => IsWeb(origin) ? new Uri(origin).AsciiOrigin() : origin)
                .ToHashSet(StringComparer.Ordinal));
        }

        var own = (issuer.IsLoopback ? new UriBuilder(issuer) { Host = "localhost" }.Uri : issuer).ToAscii();
        return IsDomain(own.Host) ? (own.Host, new HashSet<string>([own.AsciiOrigin()], StringComparer.Ordinal)) : null;
    }

    // Browsers know an international domain only in punycode.
    private static string AsciiOf(string domain) => new Uri($"https://{domain}").IdnHost;

    private static bool IsDomain(string name) =>
        Uri.CheckHostName(name) == UriHostNameType.Dns && !IPAddress.TryParse(name, out _)
        && !name.Any(char.IsUpper) && !name.EndsWith('.')
        && Uri.TryCreate($"https://{name}", UriKind.Absolute, out var uri) && uri.HasAsciiForm();

    private static bool IsOrigin(string origin) =>
        !IsWeb(origin)
            ? origin.StartsWith(AndroidOrigin, StringComparison.Ordinal)
            : Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                && uri.GetLeftPart(UriPartial.Authority) == origin
                && uri.UserInfo.Length == 0
                && uri.HasAsciiForm()
                && (uri.Scheme == Uri.UriSchemeHttps || IsLocal(uri.Host));

    private static bool IsWeb(string origin) => !origin.StartsWith("android:", StringComparison.Ordinal);

    private static bool IsLocal(string host) => host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal);

    private bool Covers(string host) =>
        host == AsciiOf(RelyingPartyId) || host.EndsWith("." + AsciiOf(RelyingPartyId), StringComparison.Ordinal);
}

using System.Text;

namespace Portico.Infrastructure.Configuration;

/// <summary>Checks URLs, and writes them as browsers send them.</summary>
public static class AsciiUrls
{
    /// <summary>The URL with an international domain as punycode, because header fields are ASCII, and browsers send it so.</summary>
    public static Uri ToAscii(this Uri url) => Ascii.IsValid(url.Host) ? url : new UriBuilder(url) { Host = url.IdnHost }.Uri;

    /// <summary>Whether the host can be written in ASCII.</summary>
    public static bool HasAsciiForm(this Uri url)
    {
        try
        {
            return Ascii.IsValid(url.IdnHost);
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    /// <summary>The origin of a URL, as browsers send it.</summary>
    public static string AsciiOrigin(this Uri url) => url.ToAscii().GetLeftPart(UriPartial.Authority);

    /// <summary>The problem of the address of a server that Portico calls, or <c>null</c>.</summary>
    internal static string? ProblemOfServer(string setting, string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.PathAndQuery == "/"
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
            ? null
            : $"{setting} must be an https address without a path, with http for localhost only; it is '{url}'.";
}

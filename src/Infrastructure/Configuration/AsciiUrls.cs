using System.Text;

namespace Portico.Infrastructure.Configuration;

/// <summary>Writes URLs as browsers send them.</summary>
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
}

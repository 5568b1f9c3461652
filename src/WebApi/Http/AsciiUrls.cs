using System.Text;

namespace Portico.WebApi.Http;

/// <summary>Writes URLs as header fields have them.</summary>
internal static class AsciiUrls
{
    /// <summary>The URL with an international domain as punycode, because header fields are ASCII, and browsers send it so.</summary>
    public static Uri ToAscii(this Uri url) => Ascii.IsValid(url.Host) ? url : new UriBuilder(url) { Host = url.IdnHost }.Uri;
}

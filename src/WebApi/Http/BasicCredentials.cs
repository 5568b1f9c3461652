using System.Net;
using System.Text;

namespace Portico.WebApi.Http;

/// <summary>Reads the credentials of a client in an Authorization header (RFC 6749, 2.3.1; RFC 7617).</summary>
internal static class BasicCredentials
{
    private const string Scheme = "Basic ";
    private const int MaxLength = 1024;

    /// <summary>The id and the secret; <c>null</c> without such a header.</summary>
    public static (string Id, string Secret)? Find(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ Length: <= MaxLength } header]
            || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var bytes = new byte[MaxLength];
        if (!Convert.TryFromBase64String(header[Scheme.Length..], bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (WebUtility.UrlDecode(text[..colon]), WebUtility.UrlDecode(text[(colon + 1)..]));
    }
}

using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;

namespace Portico.WebApi.Http;

/// <summary>Refuses requests that the server accepts, although a proxy could read them in another way (RFC 9110, 9112).</summary>
internal sealed class RequestSyntax(RequestDelegate next)
{
    /// <summary>The limit for the path and the query. The server's own limit is larger, because it answers without a body.</summary>
    public const int MaxTargetLength = 8 * 1024;

    private const string Chunked = "chunked";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (context.Features.Get<IHttpRequestFeature>() is { RawTarget.Length: > MaxTargetLength })
            return context.Refuse(HttpErrors.UriTooLong);
        // The server reads any list that ends with chunked, and leaves the other codings in the body.
        if (request.Headers.TransferEncoding is { Count: > 0 } codings
            && !(codings is [{ } only] && only.Equals(Chunked, StringComparison.OrdinalIgnoreCase)))
            return context.Refuse(HttpErrors.BadRequest with { Detail = "The only known Transfer-Encoding is chunked." });
        if (!IsPercentEncoded(request.QueryString.Value))
            return context.Refuse(HttpErrors.BadRequest with { Detail = "The query is not UTF-8 with percent-encoding." });
        return next(context);
    }

    /// <summary>Whether a path or a query is UTF-8 with percent-encoding.</summary>
    /// <remarks>The framework would read a wrong escape as its own letters, the same as another text.</remarks>
    public static bool IsPercentEncoded(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%'))
            return true;

        var decoded = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '%')
                length += Encoding.UTF8.GetBytes(text.Slice(at, 1), decoded.AsSpan(length));
            else if (at + 2 < text.Length && char.IsAsciiHexDigit(text[at + 1]) && char.IsAsciiHexDigit(text[at + 2]))
                (decoded[length++], at) = (Convert.FromHexString(text.Slice(at + 1, 2))[0], at + 2);
            else
                return false;
        }

        return Utf8.IsValid(decoded.AsSpan(0, length));
    }
}

/// <summary>Makes the server read a <c>Content-Length</c> as digits only (RFC 9110, 8.6); it would accept a sign.</summary>
internal sealed class ContentLengthEncoding : ASCIIEncoding
{
    public static readonly ContentLengthEncoding Instance = new();

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (!bytes.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            return base.GetChars(bytes, chars);
        chars[0] = '?';
        return 1;
    }
}

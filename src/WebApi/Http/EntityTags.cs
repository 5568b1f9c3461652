using Microsoft.Extensions.Primitives;

namespace Portico.WebApi.Http;

/// <summary>Reads a list of entity tags (RFC 9110, 8.8.3) of <c>If-Match</c> or <c>If-None-Match</c>.</summary>
/// <remarks>
/// A weak tag counts by its opaque part, because a proxy that compresses makes every tag weak. The parser of the framework throws for
/// some texts that are no tags.
/// </remarks>
internal static class EntityTags
{
    private const int MaxTags = 16;
    private const string Weak = "W/";

    /// <summary>Whether the header is <c>*</c>: any version.</summary>
    public static bool IsAny(StringValues header) => header.ToString().AsSpan().Trim(" \t") is "*";

    /// <returns>The opaque parts without their quotes; none for a header that is not a list of tags, or too long a list.</returns>
    public static IReadOnlyList<string> Read(StringValues header)
    {
        List<string> tags = [];
        var text = header.ToString().AsSpan().Trim(" \t");
        while (!text.IsEmpty)
        {
            if (text.StartsWith(Weak, StringComparison.Ordinal))
                text = text[Weak.Length..];
            if (text is not ['"', .. var rest] || rest.IndexOf('"') is not (>= 0 and var end) || tags.Count == MaxTags)
                return [];
            tags.Add(rest[..end].ToString());
            text = rest[(end + 1)..].TrimStart(" \t");
            if (text.IsEmpty)
                break;
            if (text[0] != ',')
                return [];
            // The grammar of a list allows empty elements (RFC 9110, 5.6.1).
            text = text.TrimStart(" \t,");
        }

        return tags;
    }

    /// <summary>Whether a header names a tag, or any.</summary>
    public static bool Match(StringValues header, string opaqueTag) =>
        IsAny(header) || Read(header).Contains(opaqueTag, StringComparer.Ordinal);
}

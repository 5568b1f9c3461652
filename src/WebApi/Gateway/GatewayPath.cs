using Portico.WebApi.Http;

namespace Portico.WebApi.Gateway;

/// <summary>Accepts only paths that every server reads in the same way, because the service decides by the path again.</summary>
internal static class GatewayPath
{
    // What these octets mean depends on who decodes them, and how often.
    private const string NeverEncoded = "./\\%";

    /// <param name="target">The target of the request as it was sent: a path, or an absolute address.</param>
    /// <param name="rest">The decoded path after the name of the service.</param>
    public static bool IsUnambiguous(string target, string rest)
    {
        var end = target.IndexOf('?', StringComparison.Ordinal);
        var path = target.AsSpan(0, end < 0 ? target.Length : end);
        foreach (var segment in path.Split('/'))
        {
            if (!IsUnambiguous(path[segment]))
                return false;
        }

        return !rest.Contains("//", StringComparison.Ordinal) && !rest.Contains('\\', StringComparison.Ordinal);
    }

    private static bool IsUnambiguous(ReadOnlySpan<char> segment)
    {
        if (!RequestSyntax.IsPercentEncoded(segment))
            return false;
        for (var at = 0; at < segment.Length; at++)
        {
            if (segment[at] is '\\' or '#' or <= ' ' or >= '\x7f')
                return false;
            if (segment[at] != '%')
                continue;
            var octet = (char)Convert.FromHexString(segment.Slice(at + 1, 2))[0];
            if (octet is < ' ' or '\x7f' || NeverEncoded.Contains(octet, StringComparison.Ordinal))
                return false;
        }

        // Some servers drop parameters (..;x) before they look for dot segments.
        var name = segment;
        if (name.IndexOf(';') is >= 0 and var plain)
            name = name[..plain];
        if (name.IndexOf("%3b", StringComparison.OrdinalIgnoreCase) is >= 0 and var encoded)
            name = name[..encoded];
        return name is not ("." or "..");
    }
}

using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.WebApi.Pages;

/// <summary>The Content-Security-Policy of a page: files of this server, and inline scripts and styles by their hash.</summary>
internal static partial class PagePolicy
{
    private const RegexOptions Inline = RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture;
    private const string Ends = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>For a page that calls this server and runs scripts, which may add one style.</summary>
    public static string OfApplication(string html, string addedStyle) =>
        $"default-src 'none'; script-src 'self'{Hashes(Scripts().Matches(html))}; " +
        $"style-src 'self'{Hashes(Styles().Matches(html))} {Hash(addedStyle)}; " +
        $"img-src 'self' data:; font-src 'self'; connect-src 'self'; {Ends}";

    /// <summary>For a page that calls this server, with scripts and styles in files alone.</summary>
    public const string OfFiles =
        $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; {Ends}";

    /// <summary>For a page without scripts and without loaded files.</summary>
    public static string OfText(string html) =>
        $"default-src 'none'; style-src{Hashes(Styles().Matches(html))}; img-src data:; {Ends}";

    private static string Hashes(MatchCollection inline) => string.Concat(inline.Select(match => $" {Hash(match.Groups["text"].Value)}"));

    // A browser hashes the text of the element after it has normalised line ends to LF (HTML, 13.2.3.5).
    private static string Hash(string text) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\n"))))}'";

    [GeneratedRegex("<script>(?<text>.*?)</script>", Inline, 1000)]
    private static partial Regex Scripts();

    [GeneratedRegex("<style>(?<text>.*?)</style>", Inline, 1000)]
    private static partial Regex Styles();
}

using System.Text;

namespace Portico.Infrastructure.Postgres;

/// <summary>Makes a text of any origin fit a column.</summary>
internal static class ColumnText
{
    /// <summary>The beginning of a text, with U+FFFD for what PostgreSQL refuses: U+0000, and half of a surrogate pair.</summary>
    /// <param name="text">The text, such as the message of an exception, which may quote what another program sent.</param>
    /// <param name="maxLength">The length of the column.</param>
    public static string Fit(string text, int maxLength)
    {
        var fit = new StringBuilder(Math.Min(text.Length, maxLength));
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, maxLength)).EnumerateRunes())
            fit.Append(rune.Value == 0 ? Rune.ReplacementChar : rune);
        return fit.ToString();
    }
}

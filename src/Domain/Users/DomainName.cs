using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>Normalises domain names by UTS 46, so that every spelling of a domain is one domain.</summary>
/// <remarks>
/// Full-width letters, capital letters and other dots are mapped, not transitionally: <c>ß</c> stays a letter of its own. A dot at the end
/// is removed. Symbols and invisible characters are not accepted (RFC 5892). In globalization-invariant mode, in which Portico runs,
/// <see cref="IdnMapping"/> maps nothing, so the mapping is a table here.
/// </remarks>
internal static partial class DomainName
{
    private const string PunycodePrefix = "xn--";

    private static readonly Lazy<Table> Data = new(Read);

    /// <summary>Gives a domain name with at least two labels in lower case, international labels in punycode.</summary>
    public static bool TryNormalise(string text, [NotNullWhen(true)] out string? domain)
    {
        domain = null;
        if (Map(text) is not { } mapped)
            return false;

        mapped = mapped.EndsWith('.') ? mapped[..^1] : mapped;
        var labels = mapped.Split('.');
        for (var i = 0; i < labels.Length; i++)
        {
            if (Ascii.IsValid(labels[i]))
                continue;
            if (ToPunycode(labels[i]) is not { } label)
                return false;
            labels[i] = label;
        }

        domain = string.Join('.', labels);
        return Domain().IsMatch(domain);
    }

    /// <returns>The text with mapped characters in normalization form C, or <c>null</c> when a character is not accepted.</returns>
    private static string? Map(string text)
    {
        if (Ascii.IsValid(text))
            return text.ToLowerInvariant();

        var (valid, mappings) = Data.Value;
        var mapped = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
                mapped.Append(char.ToLowerInvariant((char)rune.Value));
            else if (mappings.TryGetValue(rune.Value, out var target))
                mapped.Append(target);
            else if (IsValid(rune.Value, valid))
                mapped.Append(rune.ToString());
            else
                return null;
        }

        return NormalizedText.Of(mapped.ToString());
    }

    private static bool IsValid(int point, (int First, int Last)[] valid)
    {
        var at = Array.BinarySearch(valid, (point, int.MaxValue));
        return at < 0 && ~at > 0 && point <= valid[~at - 1].Last;
    }

    private static string? ToPunycode(string label)
    {
        if (label.StartsWith(PunycodePrefix, StringComparison.Ordinal) || IsMark(Rune.GetRuneAt(label, 0)))
            return null;
        try
        {
            return new IdnMapping { UseStd3AsciiRules = true }.GetAscii(label).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static Table Read()
    {
        const string resource = "idna.txt";
        using var stream = typeof(DomainName).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {resource}.");
        using var reader = new StreamReader(stream, Encoding.ASCII);
        List<(int, int)> valid = [];
        Dictionary<int, string> mappings = [];
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "V":
                    valid.Add((Hex(fields[1]), Hex(fields[^1])));
                    break;
                case "M":
                    var (first, step) = (Hex(fields[1]), Hex(fields[3]));
                    for (var point = first; point <= Hex(fields[2]); point += step)
                        mappings.Add(point, string.Concat(fields[4..].Select(field => char.ConvertFromUtf32(Hex(field) + point - first))));
                    break;
                default:
                    break;
            }
        }

        return new Table([.. valid], mappings.ToFrozenDictionary());

        static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\z", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Domain();

    private sealed record Table((int First, int Last)[] Valid, FrozenDictionary<int, string> Mappings);
}

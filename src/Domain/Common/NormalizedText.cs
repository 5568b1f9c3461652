using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Portico.Domain.Common;

/// <summary>Converts text to Unicode Normalization Form C (UAX #15), because systems encode one letter in different ways.</summary>
/// <remarks>
/// <see cref="string.Normalize()"/> needs the ICU library of the machine, and returns the text unchanged in globalization-invariant
/// mode, in which Portico runs. Data of Unicode 14.0; characters of later versions stay unchanged.
/// </remarks>
public static class NormalizedText
{
    // Every character before the first combining mark is in form C already.
    private const char FirstMark = '\u0300';
    private const int FirstSyllable = 0xAC00;
    private const int Syllables = 11_172;
    private const int FirstLead = 0x1100;
    private const int Leads = 19;
    private const int FirstVowel = 0x1161;
    private const int Vowels = 21;
    private const int BeforeFirstTail = 0x11A7;
    private const int Tails = 28;

    private static readonly Lazy<Tables> Data = new(Read);

    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstMark - 1)) || !IsWellFormed(text))
            return text;

        var (decompositions, compositions, classes) = Data.Value;
        List<int> points = [];
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value);

        int Class(int point) => classes.GetValueOrDefault(point);

        Order();
        return Compose();

        void Decompose(int point)
        {
            if (point - FirstSyllable is >= 0 and < Syllables and var syllable)
            {
                points.Add(FirstLead + (syllable / (Vowels * Tails)));
                points.Add(FirstVowel + (syllable % (Vowels * Tails) / Tails));
                if (syllable % Tails is > 0 and var tail)
                    points.Add(BeforeFirstTail + tail);
            }
            else if (decompositions.TryGetValue(point, out var parts))
            {
                Array.ForEach(parts, Decompose);
            }
            else
            {
                points.Add(point);
            }
        }

        // Marks after a letter are sorted by their class, and keep their order within it.
        void Order()
        {
            for (var i = 1; i < points.Count; i++)
            {
                var (point, @class) = (points[i], Class(points[i]));
                var at = i;
                for (; at > 0 && @class != 0 && Class(points[at - 1]) > @class; at--)
                    points[at] = points[at - 1];
                points[at] = point;
            }
        }

        string Compose()
        {
            List<int> composed = [];
            var (starter, lastClass) = (-1, 0);
            foreach (var point in points)
            {
                var @class = Class(point);
                var isBlocked = starter < composed.Count - 1 && lastClass >= @class;
                if (starter >= 0 && !isBlocked && Pair(composed[starter], point, compositions) is { } pair)
                {
                    composed[starter] = pair;
                    continue;
                }

                if (@class == 0)
                    starter = composed.Count;
                lastClass = @class;
                composed.Add(point);
            }

            return string.Concat(composed.Select(char.ConvertFromUtf32));
        }
    }

    private static int? Pair(int first, int second, FrozenDictionary<(int First, int Second), int> compositions)
    {
        if (first - FirstLead is >= 0 and < Leads and var lead && second - FirstVowel is >= 0 and < Vowels and var vowel)
            return FirstSyllable + (((lead * Vowels) + vowel) * Tails);
        if (first - FirstSyllable is >= 0 and < Syllables and var syllable && syllable % Tails == 0
            && second - BeforeFirstTail is > 0 and < Tails and var tail)
        {
            return first + tail;
        }

        return compositions.TryGetValue((first, second), out var pair) ? pair : null;
    }

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsSurrogatePair(text, i))
                return false;
            i++;
        }

        return true;
    }

    private static Tables Read()
    {
        const string resource = "canonical.txt";
        using var stream = typeof(NormalizedText).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {resource}.");
        using var reader = new StreamReader(stream, Encoding.ASCII);
        Dictionary<int, int[]> decompositions = [];
        Dictionary<(int, int), int> compositions = [];
        Dictionary<int, int> classes = [];
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "D" or "X":
                    var parts = Array.ConvertAll(fields[2..], Hex);
                    decompositions.Add(Hex(fields[1]), parts);
                    if (fields[0] == "D")
                        compositions.Add((parts[0], parts[1]), Hex(fields[1]));
                    break;
                case "C":
                    for (var point = Hex(fields[1]); point <= Hex(fields[2]); point++)
                        classes.Add(point, int.Parse(fields[3], CultureInfo.InvariantCulture));
                    break;
                default:
                    break;
            }
        }

        return new Tables(decompositions.ToFrozenDictionary(), compositions.ToFrozenDictionary(), classes.ToFrozenDictionary());

        static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    private sealed record Tables(
        FrozenDictionary<int, int[]> Decompositions,
        FrozenDictionary<(int First, int Second), int> Compositions,
        FrozenDictionary<int, int> Classes);
}

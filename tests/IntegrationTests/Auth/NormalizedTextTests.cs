using System.Diagnostics;
using System.Text.Json;
using Portico.Domain.Common;

namespace Portico.IntegrationTests.Auth;

/// <summary>Normalization Form C as JavaScript computes it, with the ICU library of Node.</summary>
public sealed class NormalizedTextTests
{
    // Each character that form C or D changes, its decomposition, marks in the wrong order after it, and texts of random letters and marks.
    // Marks and composed letters that came after Unicode 14 are left out (newer).
    private const string Script = """
        const newer = new RegExp([
          String.raw`\u{897}\u{cf3}\u{ece}\u{1acf}-\u{1add}\u{1ae0}-\u{1aeb}`,
          String.raw`\u{105c9}\u{105e4}\u{10d69}-\u{10d6d}\u{10efa}-\u{10eff}\u{11241}`,
          String.raw`\u{11383}\u{11385}\u{1138e}\u{11391}\u{113b8}-\u{113c0}`,
          String.raw`\u{113c2}\u{113c5}\u{113c7}-\u{113ca}\u{113cc}-\u{113d0}\u{113d2}`,
          String.raw`\u{113e1}-\u{113e2}\u{11b60}-\u{11b67}\u{11f00}-\u{11f01}\u{11f03}\u{11f34}-\u{11f3a}`,
          String.raw`\u{11f3e}-\u{11f42}\u{11f5a}\u{13440}\u{13447}-\u{13455}\u{1611e}-\u{1612f}`,
          String.raw`\u{16d68}-\u{16d6a}\u{1e08f}\u{1e4ec}-\u{1e4ef}\u{1e5ee}-\u{1e5ef}\u{1e6e3}`,
          String.raw`\u{1e6e6}\u{1e6ee}-\u{1e6ef}\u{1e6f5}`,
        ].join('').replace(/^/, '[').concat(']'), 'u');
        const texts = [], marks = [], letters = [];
        for (let point = 1; point < 0x110000; point++) {
          if (point >= 0xd800 && point < 0xe000) continue;
          const text = String.fromCodePoint(point);
          if (/\p{Cn}/u.test(text) || newer.test(text)) continue;
          if (/\p{M}/u.test(text)) marks.push(text);
          const apart = text.normalize('NFD');
          if (apart === text && text.normalize('NFC') === text) continue;
          if (point < 0xac00 || point > 0xd7a3 || point % 97 === 0) {
            letters.push(text);
            texts.push(text, apart, apart + '\u0327', apart + '\u0301\u0323', [...apart].reverse().join(''), 'x' + text + '\u0338');
          }
        }
        for (const mark of marks) texts.push('a' + mark + '\u0323\u0301', 'a\u0301' + mark + '\u05b0', mark);
        let seed = 20261126;
        const any = (list) => list[(seed = (seed * 1103515245 + 12345) % 2147483648) % list.length];
        for (let n = 0; n < 20000; n++) {
          let text = '';
          for (let i = 0; i < 8; i++) text += any(i % 3 ? marks : letters);
          texts.push(n % 2 ? text : text.normalize('NFD'));
        }
        console.log(JSON.stringify(texts.map((text) => [text, text.normalize('NFC')])));
        """;

    [Fact]
    public async Task Is_what_another_implementation_computes()
    {
        var pairs = await FromNode();

        Assert.True(pairs.Length > 30_000, $"{pairs.Length} texts");
        Assert.Empty(pairs.Where(pair => NormalizedText.Of(pair[0]) != pair[1]).Take(20)
            .Select(pair => $"{Points(pair[0])} is {Points(pair[1])}, not {Points(NormalizedText.Of(pair[0]))}"));
        Assert.All(pairs, pair => Assert.Equal(pair[1], NormalizedText.Of(pair[1])));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("Cafe\u0301", "Caf\u00E9")]
    [InlineData("\uFF23af\u00E9", "\uFF23af\u00E9")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u0958", "\u0915\u093C")]
    public void Composes_letters_and_keeps_compatible_ones_apart(string text, string expected) =>
        Assert.Equal(expected, NormalizedText.Of(text));

    [Fact]
    public void Leaves_what_is_no_text_as_it_is()
    {
        var broken = new string(['e', '\u0301', '\ud800', 'x']);

        Assert.Equal(broken, NormalizedText.Of(broken));
    }

    private static async Task<string[][]> FromNode()
    {
        var start = new ProcessStartInfo("node", ["-e", Script]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var node = Process.Start(start)!;
        var pairs = await JsonSerializer.DeserializeAsync<string[][]>(node.StandardOutput.BaseStream);
        await node.WaitForExitAsync();
        return pairs!;
    }

    private static string Points(string text) => string.Join(' ', text.EnumerateRunes().Select(rune => $"{rune.Value:X4}"));
}

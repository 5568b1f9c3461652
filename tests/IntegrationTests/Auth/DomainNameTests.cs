using System.Diagnostics;
using System.Text.Json;
using Portico.Domain.Users;

namespace Portico.IntegrationTests.Auth;

/// <summary>Domains of addresses by UTS 46 as Node computes them.</summary>
public sealed class DomainNameTests
{
    // Each character alone, in a label of Latin letters, and as a dot; of Hangul and Han some. Node maps the capital sharp s as Unicode
    // 15.0 did.
    private const string Script = """
        const url = require('node:url');
        const pairs = [];
        for (let point = 0x80; point < 0x110000; point++) {
          if ((point >= 0xd800 && point < 0xe000) || point === 0x1e9e) continue;
          const text = String.fromCodePoint(point);
          if (/\p{Cn}|\p{Co}/u.test(text) || (/\p{Unified_Ideograph}|[\uac00-\ud7a3]/u.test(text) && point % 97)) continue;
          for (const domain of [`${text}.example`, `ab${text}c.example`, `ab${text}example`])
            pairs.push([domain, url.domainToASCII(domain)]);
        }
        process.stdout.write(JSON.stringify(pairs));
        """;

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Mail_goes_to_the_domain_that_another_implementation_computes_or_nowhere()
    {
        var pairs = await FromNode();

        var accepted = pairs
            .Select(pair => (
                Given: pair[0],
                Expected: $"a@{pair[1]}",
                Actual: ContactAddress.TryParseEmail($"a@{pair[0]}", out var address) ? address.Value : null))
            .Where(domain => domain.Actual is not null)
            .ToArray();
        Assert.True(accepted.Length > 40_000, $"{accepted.Length} of {pairs.Length} are accepted.");
        Assert.Empty(accepted
            .Where(domain => domain.Expected != "a@" && domain.Actual != domain.Expected)
            .Take(20)
            .Select(domain => $"{Points(domain.Given)} is {domain.Expected}, not {domain.Actual}"));
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

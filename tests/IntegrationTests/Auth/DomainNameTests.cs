using System.Diagnostics;
using System.Text.Json;
using Portico.Domain.Users;

namespace Portico.IntegrationTests.Auth;

/// <summary>Domains of addresses by UTS 46 as Node computes them.</summary>
public sealed class DomainNameTests
{
    // Each character alone and in labels of Latin and Arabic letters, and as a dot. Node maps the capital sharp s as Unicode 15.0 did.
    private const string Script = """
        const url = require('node:url');
        const pairs = [];
        for (let point = 0x80; point < 0x110000; point++) {
          if ((point >= 0xd800 && point < 0xe000) || point === 0x1e9e || (point >= 0xac00 && point < 0xd7a4 && point % 97)) continue;
          const text = String.fromCodePoint(point);
          if (/\p{Cn}|\p{Co}/u.test(text)) continue;
          for (const domain of [`${text}.example`, `ab${text}c.example`, `\u0628${text}\u0628.example`, `ab${text}example`])
            pairs.push([domain, url.domainToASCII(domain)]);
        }
        process.stdout.write(JSON.stringify(pairs));
        """;

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Mail_goes_to_the_domain_that_another_implementation_computes_or_nowhere()
    {
        var pairs = await FromNode();

        var accepted = pairs.Where(pair => ContactAddress.TryParseEmail($"a@{pair[0]}", out _)).ToArray();
        Assert.True(accepted.Length > 100_000, $"{accepted.Length} of {pairs.Length} are accepted.");
        Assert.Empty(accepted
            .Where(pair => pair[1].Length > 0)
            .Select(pair => (Given: pair[0], Expected: $"a@{pair[1]}", Actual: Normalise(pair[0])))
            .Where(domain => domain.Actual != domain.Expected)
            .Take(20)
            .Select(domain => $"{Points(domain.Given)} is {domain.Expected}, not {domain.Actual}"));
    }

    private static string Normalise(string domain)
    {
        Assert.True(ContactAddress.TryParseEmail($"a@{domain}", out var address));
        return address.Value;
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

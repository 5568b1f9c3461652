using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Portico.IntegrationTests.AccessTokens;

/// <summary>A service that keeps the key set for as long as it was told to, and asks for it no earlier.</summary>
internal sealed class CachingVerifier(HttpClient issuer)
{
    private Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);
    private DateTimeOffset _until = DateTimeOffset.MinValue;

    /// <returns>The id of the key that signed.</returns>
    public async Task<string> Verify(string token)
    {
        if (TimeProvider.System.GetUtcNow() >= _until)
            await Fetch();

        var parts = token.Split('.');
        var kid = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement.Text("kid");
        Assert.True(_keys.TryGetValue(kid, out var key), $"The token names {kid}, which is not among {string.Join(", ", _keys.Keys)}.");
        Assert.True(
            key!.VerifyData(
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256));
        return kid;
    }

    private async Task Fetch()
    {
        var asked = TimeProvider.System.GetUtcNow();
        using var answer = await issuer.GetAsync("/.well-known/jwks.json");
        _until = asked + (answer.EnsureSuccessStatusCode().Headers.CacheControl!.MaxAge ?? TimeSpan.Zero);
        _keys = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("keys").EnumerateArray()
            .ToDictionary(key => key.Text("kid"), Key, StringComparer.Ordinal);
    }

    private static ECDsa Key(JsonElement key) => ECDsa.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(key.Text("x")), Y = Base64Url.DecodeFromChars(key.Text("y")) },
    });
}

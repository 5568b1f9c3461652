using System.Text.Json;
using Portico.Domain.Users;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.SigningKeys;

namespace Portico.IntegrationTests.AccessTokens;

/// <summary>Tokens of one issuer, good and bad, and what any verifier has to say of them.</summary>
internal static class JoseTokens
{
    private static readonly User Ada = NewUser();

    /// <param name="keys">The keys that the issuer publishes.</param>
    /// <param name="settings">The issuer's own.</param>
    public static Dictionary<string, string> Of(TokenKeys keys, TokenSettings settings)
    {
        var valid = Issue(keys, settings, TimeProvider.System);
        var parts = valid.Split('.');
        var otherAudience = new TokenSettings { Issuer = settings.Issuer, Audience = "other", ClientId = settings.ClientId };
        var otherIssuer = new TokenSettings { Issuer = "https://other.test", Audience = settings.Audience, ClientId = settings.ClientId };
        return new(StringComparer.Ordinal)
        {
            ["valid"] = valid,
            ["changed claims"] = $"{parts[0]}.{Issue(keys, settings, TimeProvider.System).Split('.')[1]}.{parts[2]}",
            ["changed signature"] = $"{parts[0]}.{parts[1]}.{Changed(parts[2])}",
            ["other audience"] = Issue(keys, otherAudience, TimeProvider.System),
            ["other issuer"] = Issue(keys, otherIssuer, TimeProvider.System),
            ["expired"] = Issue(keys, settings, new PastClock(TimeSpan.FromHours(2))),
        };
    }

    public static void AssertVerdicts(IReadOnlyDictionary<string, JoseVerdict> verdicts, TokenSettings settings)
    {
        Assert.Equal(
            new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["valid"] = null,
                ["changed claims"] = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
                ["changed signature"] = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
                ["other audience"] = "ERR_JWT_CLAIM_VALIDATION_FAILED",
                ["other issuer"] = "ERR_JWT_CLAIM_VALIDATION_FAILED",
                ["expired"] = "ERR_JWT_EXPIRED",
            },
            verdicts.ToDictionary(verdict => verdict.Key, verdict => verdict.Value.Code, StringComparer.Ordinal));
        Assert.Equal(["valid"], verdicts.Where(verdict => verdict.Value.Ok).Select(verdict => verdict.Key));

        var claims = Assert.NotNull(verdicts["valid"].Claims);
        Assert.Equal(settings.Issuer, claims.GetProperty("iss").GetString());
        Assert.Equal(Ada.Id, claims.GetProperty("sub").GetGuid());
        Assert.Equal(["user"], claims.GetProperty("roles").Deserialize<string[]>()!);
    }

    private static string Issue(TokenKeys keys, TokenSettings settings, TimeProvider clock) =>
        new AccessTokenIssuer(keys, settings, clock).Issue(Ada, Guid.CreateVersion7()).Value;

    private static string Changed(string signature) => (signature[0] == 'A' ? 'B' : 'A') + signature[1..];

    private static User NewUser()
    {
        Assert.True(ContactAddress.TryParseEmail("ada@example.com", out var address));
        return User.Register(address, "Ada", "en", TimeProvider.System.GetUtcNow());
    }

    private sealed class PastClock(TimeSpan ago) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - ago;
    }
}

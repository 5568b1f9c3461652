using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>Settings of access tokens and signing keys.</summary>
public sealed class TokenSettings : ISettings
{
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);
    public static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(2);

    private const int MaxNameLength = 255;

    private static readonly TimeSpan MinLifetime = TimeSpan.FromMinutes(1);

    public static string Section => "Tokens";

    /// <summary>The public address of this API, and the <c>iss</c> of every token; verifiers find the keys under it.</summary>
    public string Issuer { get; init; } = "";

    public string Audience { get; init; } = "portico";

    public string ClientId { get; init; } = "portico-web";

    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The allowed clock difference of two machines in checks of <c>exp</c>, <c>nbf</c> and <c>iat</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:02:00")]
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The algorithm of new keys: RS256 or ES256.</summary>
    public string Algorithm { get; init; } = TokenKey.Rs256;

    /// <summary>
    /// The key that encrypts the signing keys in the database: at least 32 random bytes in base64, the same for all replicas.
    /// </summary>
    public string SealingKey { get; init; } = "";

    /// <summary>A second sealing key, only for decryption, during an exchange of <see cref="SealingKey"/>.</summary>
    public string OtherSealingKey { get; init; } = "";

    /// <summary>How long a key signs.</summary>
    [Range(typeof(TimeSpan), "00:00:04", "365.00:00:00")]
    public TimeSpan SigningKeyLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>How long a key is published before it signs.</summary>
    [Range(typeof(TimeSpan), "00:00:04", "365.00:00:00")]
    public TimeSpan SigningKeyLead { get; init; } = TimeSpan.FromDays(1);

    public IEnumerable<string> Problems()
    {
        if (!IsIssuer(Issuer))
        {
            yield return $"Tokens:Issuer must be the public address of this API, such as https://api.example.com: "
                + $"http or https, without a slash at its end, a query or a fragment; it is '{Issuer}'.";
        }

        if (!IsName(Audience))
            yield return $"Tokens:Audience must be 1 to {MaxNameLength} characters without white space.";
        if (!IsName(ClientId))
            yield return $"Tokens:ClientId must be 1 to {MaxNameLength} characters without white space.";

        if (AccessTokenLifetime < MinLifetime || AccessTokenLifetime > MaxLifetime || !IsWholeSeconds(AccessTokenLifetime))
        {
            yield return $"Tokens:AccessTokenLifetime must be whole seconds from {MinLifetime} to {MaxLifetime}; "
                + $"it is {AccessTokenLifetime}.";
        }

        if (!TokenKey.Algorithms.Contains(Algorithm, StringComparer.Ordinal))
            yield return $"Tokens:Algorithm must be {string.Join(" or ", TokenKey.Algorithms)}; it is '{Algorithm}'.";
        foreach (var problem in SealingProblems())
            yield return problem;
        if (SigningKeyLead > SigningKeyLifetime)
            yield return $"Tokens:SigningKeyLead must be at most Tokens:SigningKeyLifetime; it is {SigningKeyLead}.";
    }

    /// <summary>The problems of the settings that the Migrator needs too.</summary>
    public IEnumerable<string> SealingProblems()
    {
        if (SecretKeys.Problem("Tokens:SealingKey", SealingKey) is { } problem)
            yield return problem;
        if (OtherSealingKey.Length > 0 && SecretKeys.Problem("Tokens:OtherSealingKey", OtherSealingKey) is { } other)
            yield return other;
    }

    // Verifiers compare the issuer as a string and append the discovery paths to it.
    private static bool IsIssuer(string issuer) =>
        issuer.Length <= MaxNameLength
        && Uri.TryCreate(issuer, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.HasAsciiForm()
        && uri.UserInfo.Length == 0
        && !issuer.EndsWith('/')
        && !issuer.AsSpan().ContainsAny('?', '#', '\\')
        && !issuer.Any(char.IsWhiteSpace);

    private static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsWhiteSpace);

    private static bool IsWholeSeconds(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0;
}

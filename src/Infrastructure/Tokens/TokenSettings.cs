using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Tokens;

/// <summary>Who issues access tokens, for whom, how long they live and which keys sign and verify them.</summary>
internal sealed class TokenSettings : ISettings
{
    public const int MaxVerificationKeys = 16;

    private const int MaxNameLength = 255;

    private static readonly TimeSpan MinLifetime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromMinutes(2);

    public static string Section => "Tokens";

    /// <summary>The public address of this API, <c>iss</c> of every token; verifiers find the keys below it.</summary>
    public string Issuer { get; init; } = "";

    public string Audience { get; init; } = "portico";

    public string ClientId { get; init; } = "portico-web";

    public TimeSpan AccessTokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How far the clocks of two machines may be apart when <c>exp</c>, <c>nbf</c> and <c>iat</c> are judged.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The PEM file of the private key that signs.</summary>
    public string SigningKeyFile { get; init; } = "";

    /// <summary>The PEM files of keys that no longer or not yet sign, but are published and accepted.</summary>
    public IReadOnlyList<string> VerificationKeyFiles { get; init; } = [];

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
            yield return $"Tokens:AccessTokenLifetime must be whole seconds from {MinLifetime} to {MaxLifetime}; it is {AccessTokenLifetime}.";
        if (ClockSkew < TimeSpan.Zero || ClockSkew > MaxClockSkew)
            yield return $"Tokens:ClockSkew must be from {TimeSpan.Zero} to {MaxClockSkew}; it is {ClockSkew}.";

        if (SigningKeyFile.Length == 0)
            yield return "Tokens:SigningKeyFile must name the PEM file of the private key that signs access tokens.";
        else if (Problem(() => KeyFile.ReadSigningKey(SigningKeyFile)) is { } problem)
            yield return $"Tokens:SigningKeyFile: {problem}";

        if (VerificationKeyFiles.Count > MaxVerificationKeys)
            yield return $"Tokens:VerificationKeyFiles must name at most {MaxVerificationKeys} files; it names {VerificationKeyFiles.Count}.";
        foreach (var (index, path) in VerificationKeyFiles.Take(MaxVerificationKeys).Index())
        {
            if (Problem(() => KeyFile.ReadVerificationKey(path)) is { } problem)
                yield return $"Tokens:VerificationKeyFiles:{index}: {problem}";
        }
    }

    // Verifiers compare the issuer as a string and append the paths of discovery to it.
    private static bool IsIssuer(string issuer) =>
        issuer.Length <= MaxNameLength
        && Uri.TryCreate(issuer, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.UserInfo.Length == 0
        && !issuer.EndsWith('/')
        && !issuer.AsSpan().ContainsAny('?', '#', '\\')
        && !issuer.Any(char.IsWhiteSpace);

    private static bool IsName(string name) => name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsWhiteSpace);

    private static bool IsWholeSeconds(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0;

    private static string? Problem(Func<TokenKey> read)
    {
        try
        {
            read();
            return null;
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
    }
}

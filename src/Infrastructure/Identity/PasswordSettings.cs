using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Identity;

/// <summary>What a password hash costs.</summary>
public sealed class PasswordSettings : ISettings
{
    public static string Section => "Passwords";

    /// <summary>Rounds of PBKDF2-HMAC-SHA512 (OWASP Password Storage Cheat Sheet: at least 210,000).</summary>
    public int Iterations { get; init; } = 210_000;

    /// <summary>How many hashes may wait for a processor; one more is refused with 503.</summary>
    public int MaxWaiting { get; init; } = 200;

    public IEnumerable<string> Problems()
    {
        if (Iterations is < 1_000 or > 10_000_000)
            yield return $"Passwords:Iterations must be between 1000 and 10000000; it is {Iterations}.";
        if (MaxWaiting is < 1 or > 10_000)
            yield return $"Passwords:MaxWaiting must be between 1 and 10000; it is {MaxWaiting}.";
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Portico.Migrator.Schema;

/// <summary>
/// The SCRAM verifier of a password, as PostgreSQL stores it, so that no statement and no server log contains the password.
/// </summary>
/// <remarks>
/// RFC 5803 and RFC 7677. Only printable ASCII, which SASLprep (RFC 4013) does not change.
/// </remarks>
internal static class ScramVerifier
{
    private const string Mechanism = "SCRAM-SHA-256";
    private const int Iterations = 4096;
    private const int SaltLength = 16;

    public static bool CanHash(string password) => password.Length > 0 && !password.AsSpan().ContainsAnyExceptInRange(' ', '~');

    public static string Create(string password) => Create(password, RandomNumberGenerator.GetBytes(SaltLength), Iterations);

    /// <summary>Whether a stored verifier belongs to the password.</summary>
    public static bool Matches(string? verifier, string password)
    {
        // SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>
        if (verifier?.Split('$') is not [Mechanism, var parameters, _] || parameters.Split(':') is not [var iterations, var salt])
            return false;

        var expected = Create(
            password, Convert.FromBase64String(salt), int.Parse(iterations, NumberStyles.None, CultureInfo.InvariantCulture));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(verifier));
    }

    private static string Create(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.ASCII.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HMACSHA256.HashSizeInBytes);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        var keys = $"{Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
        return string.Create(CultureInfo.InvariantCulture, $"{Mechanism}${iterations}:{Convert.ToBase64String(salt)}${keys}");
    }
}

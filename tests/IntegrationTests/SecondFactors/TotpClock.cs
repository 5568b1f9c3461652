using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>
/// An implementation of TOTP of its own (RFC 6238 with HMAC-SHA-1, steps of 30 s, 6 digits), as an authenticator app has one.
/// </summary>
internal sealed class TotpClock(byte[] secret)
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int StepSeconds = 30;

    public static TotpClock Of(string base32)
    {
        var (bits, buffer) = (0, 0);
        List<byte> bytes = [];
        foreach (var letter in base32)
        {
            buffer = (buffer << 5) | Base32.IndexOf(letter);
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(buffer >> bits));
            buffer &= (1 << bits) - 1;
        }

        return new TotpClock([.. bytes]);
    }

    public int SecretBits => secret.Length * 8;

    public string SecretHex => Convert.ToHexString(secret);

    /// <summary>The code of now, or of another step.</summary>
    public string Code(int steps = 0) => At(DateTimeOffset.UtcNow.AddSeconds(steps * StepSeconds));

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 6238 and all apps use it.")]
    public string At(DateTimeOffset time)
    {
        Span<byte> counter = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, time.ToUnixTimeSeconds() / StepSeconds);
        var hash = HMACSHA1.HashData(secret, counter);
        var number = BinaryPrimitives.ReadInt32BigEndian(hash.AsSpan(hash[^1] & 0xF)) & int.MaxValue;
        return (number % 1_000_000).ToString("D6");
    }
}

using System.Buffers.Binary;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Portico.Infrastructure.Passwords;

/// <summary>PBKDF2 with the hasher of ASP.NET Core Identity; verifies its formats 2 and 3.</summary>
internal sealed class Pbkdf2Algorithm : IPasswordAlgorithm
{
    public const int MinIterations = 1_000;
    public const int MaxIterations = 2_000_000;

    private const int FormatTwoLength = 49;
    private const int HeaderLength = 13;
    private const int SaltLength = 16;
    private const int OutputLength = 32;
    private const int MaxPartLength = 64;
    private const int MaxLength = HeaderLength + (2 * MaxPartLength);

    private static readonly Credential Nobody = new();
    private readonly PasswordHasher<Credential> _hasher;

    public Pbkdf2Algorithm(PasswordSettings settings)
    {
        _hasher = new PasswordHasher<Credential>(Options.Create(new PasswordHasherOptions { IterationCount = settings.Pbkdf2Iterations }));
        var own = new byte[HeaderLength + SaltLength + OutputLength];
        own[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(own.AsSpan(1), (int)KeyDerivationPrf.HMACSHA512);
        BinaryPrimitives.WriteInt32BigEndian(own.AsSpan(5), settings.Pbkdf2Iterations);
        BinaryPrimitives.WriteInt32BigEndian(own.AsSpan(9), SaltLength);
        Kind = new HashKind(this, Convert.ToBase64String(own), 0);
    }

    public string Name => "pbkdf2";

    public HashKind Kind { get; }

    public HashKind? KindOf(string hash)
    {
        var bytes = new byte[MaxLength];
        if (!Convert.TryFromBase64String(hash, bytes, out var length) || HeaderEnd(bytes.AsSpan(0, length)) is not { } end)
            return null;

        bytes.AsSpan(end).Clear();
        return new HashKind(this, Convert.ToBase64String(bytes.AsSpan(0, length)), 0);
    }

    public string Hash(string password) => _hasher.HashPassword(Nobody, password);

    public bool Verify(string hash, string password) =>
        _hasher.VerifyHashedPassword(Nobody, hash, password) != PasswordVerificationResult.Failed;

    public bool IsWeaker(string hash)
    {
        var bytes = Convert.FromBase64String(hash);
        var own = Convert.FromBase64String(Kind.StandIn);
        return bytes[0] != own[0]
            || BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)) != BinaryPrimitives.ReadInt32BigEndian(own.AsSpan(1))
            || BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(5)) < BinaryPrimitives.ReadInt32BigEndian(own.AsSpan(5));
    }

    /// <summary>The end of the parameters in a well-formed hash within the limits; otherwise <c>null</c>.</summary>
    private static int? HeaderEnd(ReadOnlySpan<byte> hash)
    {
        // Format 2 has no parameters: it is always PBKDF2-HMAC-SHA1 with 1,000 iterations.
        if (hash.Length == FormatTwoLength && hash[0] == 0)
            return 1;
        if (hash.Length <= HeaderLength || hash[0] != 1)
            return null;

        var function = BinaryPrimitives.ReadInt32BigEndian(hash[1..]);
        var iterations = BinaryPrimitives.ReadInt32BigEndian(hash[5..]);
        var saltLength = BinaryPrimitives.ReadInt32BigEndian(hash[9..]);
        return Enum.IsDefined((KeyDerivationPrf)function) && iterations is >= 1 and <= MaxIterations
            && saltLength is >= SaltLength and <= MaxPartLength
            && hash.Length - HeaderLength - saltLength is >= SaltLength and <= MaxPartLength
                ? HeaderLength
                : null;
    }
}

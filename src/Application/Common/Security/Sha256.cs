using System.Security.Cryptography;

namespace Portico.Application.Common.Security;

/// <summary>SHA-256 for short texts that are hashed several times for a request.</summary>
/// <remarks>
/// <see cref="SHA256"/> prepares the algorithm for each call of <c>HashData</c>, which takes a quarter of the time of a hash of 65 bytes.
/// This keeps a prepared one for each thread.
/// </remarks>
public static class Sha256
{
    [ThreadStatic]
    private static IncrementalHash? _ofThread;

    /// <summary>Hashes data into the first 32 bytes of a buffer.</summary>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> hash)
    {
        var algorithm = _ofThread ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        algorithm.AppendData(data);
        algorithm.GetHashAndReset(hash);
    }

    /// <returns>The 32 bytes of the hash.</returns>
    public static byte[] Hash(ReadOnlySpan<byte> data)
    {
        var hash = new byte[SHA256.HashSizeInBytes];
        Hash(data, hash);
        return hash;
    }
}

using System.Security.Cryptography;
using System.Text;

namespace Portico.Domain.Common;

/// <summary>Ids that derive from another id, so that a repeated step uses the same ones.</summary>
public static class DerivedIds
{
    private const int TimeBytes = 6;

    /// <summary>A UUID v7 with the time of the other id; bits of a SHA-256 replace the random bits.</summary>
    /// <param name="id">The other id, a UUID v7.</param>
    /// <param name="purpose">What the new id is for.</param>
    public static Guid Of(Guid id, string purpose)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. bytes, .. Encoding.UTF8.GetBytes(purpose)], hash);
        hash[TimeBytes..16].CopyTo(bytes[TimeBytes..]);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}

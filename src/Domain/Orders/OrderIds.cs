using System.Security.Cryptography;
using System.Text;

namespace Portico.Domain.Orders;

/// <summary>The ids of what belongs to an order in the ledger; they derive from the id of the order.</summary>
/// <remarks>So every step repeats safely. They are UUID v7 with the time of the order; bits of a SHA-256 replace the random bits.</remarks>
public static class OrderIds
{
    private const int TimeBytes = 6;

    /// <summary>The hold of the order's money.</summary>
    public static Guid HoldOf(Guid orderId) => Derive(orderId, "hold");

    /// <summary>The capture of the hold.</summary>
    public static Guid CaptureOf(Guid orderId) => Derive(orderId, "capture");

    /// <summary>The release of the hold.</summary>
    public static Guid ReleaseOf(Guid orderId) => Derive(orderId, "release");

    /// <summary>The return of the captured money. A refused return is tried again under another id, and moves the money once.</summary>
    /// <param name="orderId">The order.</param>
    /// <param name="attempt">The work on the order that returns the money.</param>
    public static Guid ReturnOf(Guid orderId, Guid attempt) => Derive(orderId, $"return {attempt}");

    private static Guid Derive(Guid orderId, string what)
    {
        Span<byte> id = stackalloc byte[16];
        orderId.TryWriteBytes(id, bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData([.. id, .. Encoding.UTF8.GetBytes(what)], hash);
        hash[TimeBytes..16].CopyTo(id[TimeBytes..]);
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}

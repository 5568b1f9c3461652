using System.Buffers.Binary;

namespace Portico.Domain.Common;

/// <summary>Creates identifiers that sort by the time of creation.</summary>
public static class Ids
{
    private const int SubMillisecondSteps = 4096;

    /// <summary>
    /// Creates a UUID v7 (RFC 9562) whose <c>rand_a</c> continues the time in steps of a quarter of a microsecond
    /// (section 6.2, method 3).
    /// </summary>
    /// <remarks>The ids of one process keep their order even within a millisecond; 62 random bits are left.</remarks>
    public static Guid New(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        var fraction = (int)(now.Ticks % TimeSpan.TicksPerMillisecond * SubMillisecondSteps / TimeSpan.TicksPerMillisecond);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | fraction));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The lowest UUID v7 of a millisecond since 1970; an earlier one counts as 0.</summary>
    public static Guid FirstOf(long unixMilliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (ulong)Math.Max(unixMilliseconds, 0) << 16);
        return new Guid(bytes, bigEndian: true);
    }
}

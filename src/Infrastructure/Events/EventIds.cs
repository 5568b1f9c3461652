namespace Portico.Infrastructure.Events;

/// <summary>Ids of events contain their creation time: UUID v7 (RFC 9562, section 5.7).</summary>
internal static class EventIds
{
    /// <summary>The lowest id of a millisecond.</summary>
    public static Guid FirstOf(DateTimeOffset instant)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var milliseconds = instant.ToUnixTimeMilliseconds();
        for (var i = 5; i >= 0; i--, milliseconds >>= 8)
            bytes[i] = (byte)milliseconds;
        return new Guid(bytes, bigEndian: true);
    }
}

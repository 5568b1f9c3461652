namespace Portico.Infrastructure.Events;

/// <summary>The ids of events tell when they were made: UUID v7 (RFC 9562, section 5.7).</summary>
internal static class EventIds
{
    /// <summary>The lowest id of an instant.</summary>
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

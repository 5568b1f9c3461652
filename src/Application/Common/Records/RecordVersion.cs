using System.Buffers.Binary;
using System.Buffers.Text;

namespace Portico.Application.Common.Records;

/// <summary>Turns the version of a record into the text that clients hand back, and again into the version.</summary>
/// <remarks>Opaque to clients: 11 characters of base64url, which stand between the quotes of an <c>ETag</c>.</remarks>
public static class RecordVersion
{
    public static string Write(long version)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, version);
        return Base64Url.EncodeToString(bytes);
    }

    public static bool TryRead(ReadOnlySpan<char> text, out long version)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        var read = text.Length == Base64Url.GetEncodedLength(sizeof(long))
            && Base64Url.TryDecodeFromChars(text, bytes, out var length)
            && length == sizeof(long);
        version = read ? BinaryPrimitives.ReadInt64BigEndian(bytes) : 0;
        return read;
    }
}

/// <summary>An answer that shows one record in one version; it is sent with the <c>ETag</c> of that version.</summary>
public interface IVersionedDto
{
    /// <summary>Opaque; in quotes it is the <c>ETag</c> of the record.</summary>
    string Version { get; }

    /// <summary>Whether the version covers all that is shown; if not, who has it is sent the answer nevertheless.</summary>
    bool IsWhole => true;
}

using System.Buffers.Binary;
using System.Buffers.Text;

namespace Portico.Application.Common.Records;

/// <summary>Converts the version of a record into the text that clients send back, and the text into the version.</summary>
/// <remarks>Opaque for clients: 11 characters of base64url, between the quotes of an <c>ETag</c>.</remarks>
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
            && StrictBase64Url.TryDecode(text, bytes, out var length)
            && length == sizeof(long);
        version = read ? BinaryPrimitives.ReadInt64BigEndian(bytes) : 0;
        return read;
    }
}

/// <summary>An answer with one version of one record; it is sent with the <c>ETag</c> of that version.</summary>
public interface IVersionedDto
{
    /// <summary>Opaque; the <c>ETag</c> of the record is this text in quotes.</summary>
    string Version { get; }

    /// <summary>Whether the version covers the whole answer; if not, <c>If-None-Match</c> never gives 304.</summary>
    bool IsWhole => true;
}

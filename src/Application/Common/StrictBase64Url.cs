using System.Buffers;
using System.Buffers.Text;

namespace Portico.Application.Common;

/// <summary>Decodes base64url (RFC 4648, 5), and only the text that the encoder writes for the same bytes.</summary>
/// <remarks>
/// The framework ignores white space and padding, and its <c>Try</c> methods throw when unused bits of the last character are set.
/// </remarks>
public static class StrictBase64Url
{
    /// <summary>Decodes a text of any length.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!TryDecode(text, bytes, out var length))
            return false;
        Array.Resize(ref bytes, length);
        return true;
    }

    /// <summary>Decodes a text into a buffer; <c>false</c> also when the buffer is too small.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes, out int length) =>
        Base64Url.DecodeFromChars(text, bytes, out _, out length) == OperationStatus.Done
            && text.Length == Base64Url.GetEncodedLength(length)
            && text.SequenceEqual(Base64Url.EncodeToString(bytes[..length]));
}

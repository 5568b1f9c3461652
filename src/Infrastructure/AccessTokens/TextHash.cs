using System.Runtime.InteropServices;
using System.Text;
using Portico.Application.Common.Security;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>The SHA-256 of a secret text in UTF-8, as the key of a cache that never stores the text itself.</summary>
/// <remarks>
/// Texts that are no valid Unicode may have the same hash, but never that of an ASCII text; valid tokens and cookies are ASCII.
/// </remarks>
public readonly record struct TextHash(UInt128 High, UInt128 Low)
{
    private const int UsualLength = 1024;

    public static TextHash Of(ReadOnlySpan<char> text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Span<byte> bytes = length <= UsualLength ? stackalloc byte[UsualLength] : new byte[length];
        Encoding.UTF8.GetBytes(text, bytes);
        TextHash hash = default;
        Sha256.Hash(bytes[..length], MemoryMarshal.AsBytes(new Span<TextHash>(ref hash)));
        return hash;
    }
}

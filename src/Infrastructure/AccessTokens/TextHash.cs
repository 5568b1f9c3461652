using System.Runtime.InteropServices;
using Portico.Application.Common.Security;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>The SHA-256 of a secret text, as the key of a cache that never stores the text itself.</summary>
public readonly record struct TextHash(UInt128 High, UInt128 Low)
{
    public static TextHash Of(ReadOnlySpan<char> text)
    {
        TextHash hash = default;
        Sha256.Hash(MemoryMarshal.AsBytes(text), MemoryMarshal.AsBytes(new Span<TextHash>(ref hash)));
        return hash;
    }
}

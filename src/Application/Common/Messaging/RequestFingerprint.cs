using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Portico.Application.Common.Security;

namespace Portico.Application.Common.Messaging;

/// <summary>Shows whether two requests with one idempotency key are the same, and the names of the fields that differ.</summary>
/// <remarks>
/// The SHA-256 of the operation and of all fields that have a value, then 8 bytes for each of these parts: 4 of the SHA-256 of its name
/// and 4 of its value. A part hash tells no value, and whether two requests are the same is decided by the whole.
/// </remarks>
public sealed class RequestFingerprint
{
    public const int MaxFields = 63;

    /// <summary>The length of a fingerprint without parts, which earlier versions wrote of the bytes of a request.</summary>
    private const int WholeLength = SHA256.HashSizeInBytes;

    private const int HashLength = sizeof(uint);
    private const int PartLength = 2 * HashLength;
    private const string Operation = "";
    private const int InitialLength = 512;
    private const int MaxKeptLength = 16 * 1024;

    private static readonly ConcurrentDictionary<string, uint> NameHashes = new(StringComparer.Ordinal);

    // Each thread keeps one, unless a large request made it long.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _whole;

    private readonly IEnumerable<string> _names;
    private readonly byte[] _bytes;

    /// <param name="operation">The method and the route.</param>
    /// <param name="fields">
    /// The name and the canonical bytes of each field that has a value, with ids of the path, in the ordinal order of the names.
    /// </param>
    /// <param name="names">The names of all fields that such a request can have; read only when a difference is told.</param>
    public RequestFingerprint(
        string operation, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Value)> fields, IEnumerable<string> names)
    {
        if (fields.Count > MaxFields)
            throw new ArgumentException($"A request with an idempotency key has at most {MaxFields} fields.", nameof(fields));

        _names = names;
        _bytes = new byte[WholeLength + ((fields.Count + 1) * PartLength)];
        var whole = _whole ??= new ArrayBufferWriter<byte>(InitialLength);
        whole.ResetWrittenCount();
        Append(whole, Operation);
        Append(whole, operation);
        WritePart(0, HashOf(Operation), HashOf(operation));
        for (var n = 0; n < fields.Count; n++)
        {
            var (name, value) = fields[n];
            if (n > 0 && string.CompareOrdinal(fields[n - 1].Name, name) >= 0)
                throw new ArgumentException("The fields are not in the ordinal order of their names.", nameof(fields));
            Append(whole, name);
            Append(whole, value.Span);
            WritePart(n + 1, HashOf(name), Hash(value.Span));
        }

        Sha256.Hash(whole.WrittenSpan, _bytes);
        if (whole.Capacity > MaxKeptLength)
            _whole = null;
    }

    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Says what differs from an earlier request, as the end of a sentence.</summary>
    internal string Difference(ReadOnlySpan<byte> earlier)
    {
        if (earlier.Length <= WholeLength)
            return ", to an earlier version of this service";

        var (mine, other) = (Parts(_bytes), Parts(earlier));
        if (mine.GetValueOrDefault(Hash([])) != other.GetValueOrDefault(Hash([])))
            return ", to another address";

        var known = _names.ToDictionary(HashOf);
        var names = mine.Concat(other).Except(mine.Intersect(other)).Select(part => part.Key).Distinct()
            .Select(name => known.GetValueOrDefault(name, "a field of another version")).Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? "" : $", with another value of {string.Join(", ", names)}";
    }

    private void WritePart(int index, uint name, uint value)
    {
        var part = _bytes.AsSpan(WholeLength + (index * PartLength));
        BinaryPrimitives.WriteUInt32BigEndian(part, name);
        BinaryPrimitives.WriteUInt32BigEndian(part[HashLength..], value);
    }

    private static void Append(ArrayBufferWriter<byte> whole, string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        AppendLength(whole, length);
        whole.Advance(Encoding.UTF8.GetBytes(text, whole.GetSpan(length)));
    }

    private static void Append(ArrayBufferWriter<byte> whole, ReadOnlySpan<byte> text)
    {
        AppendLength(whole, text.Length);
        whole.Write(text);
    }

    // The length before each text, so that two fields can't be read as one.
    private static void AppendLength(ArrayBufferWriter<byte> whole, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(whole.GetSpan(sizeof(int)), length);
        whole.Advance(sizeof(int));
    }

    private static Dictionary<uint, uint> Parts(ReadOnlySpan<byte> fingerprint)
    {
        Dictionary<uint, uint> parts = [];
        for (var at = WholeLength; at + PartLength <= fingerprint.Length; at += PartLength)
        {
            var part = fingerprint[at..];
            parts[BinaryPrimitives.ReadUInt32BigEndian(part)] = BinaryPrimitives.ReadUInt32BigEndian(part[HashLength..]);
        }

        return parts;
    }

    // The names of fields and the routes stand in the code, so there are only so many.
    private static uint HashOf(string name) => NameHashes.GetOrAdd(name, static known => Hash(Encoding.UTF8.GetBytes(known)));

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Sha256.Hash(text, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}

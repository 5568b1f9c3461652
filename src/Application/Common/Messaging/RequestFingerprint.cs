using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

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

    private readonly IEnumerable<string> _names;
    private readonly byte[] _bytes;

    /// <param name="operation">The method and the route.</param>
    /// <param name="fields">The name and the canonical bytes of each field that has a value, with ids of the path.</param>
    /// <param name="names">The names of all fields that such a request can have; read only when a difference is told.</param>
    public RequestFingerprint(string operation, IEnumerable<(string Name, byte[] Value)> fields, IEnumerable<string> names)
    {
        (string Name, byte[] Value)[] parts =
            [(Operation, Encoding.UTF8.GetBytes(operation)), .. fields.OrderBy(field => field.Name, StringComparer.Ordinal)];
        if (parts.Length > MaxFields + 1)
            throw new ArgumentException($"A request with an idempotency key has at most {MaxFields} fields.", nameof(fields));

        _names = names;
        _bytes = new byte[WholeLength + (parts.Length * PartLength)];
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var (index, (name, value)) in parts.Index())
        {
            var nameBytes = Encoding.UTF8.GetBytes(name);
            // The length before each text, so that two fields can't be read as one.
            foreach (var text in (byte[][])[nameBytes, value])
            {
                BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
                whole.AppendData(length);
                whole.AppendData(text);
            }

            var part = _bytes.AsSpan(WholeLength + (index * PartLength));
            BinaryPrimitives.WriteUInt32BigEndian(part, Hash(nameBytes));
            BinaryPrimitives.WriteUInt32BigEndian(part[HashLength..], Hash(value));
        }

        whole.GetHashAndReset(_bytes);
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

        var known = _names.ToDictionary(name => Hash(Encoding.UTF8.GetBytes(name)));
        var names = mine.Concat(other).Except(mine.Intersect(other)).Select(part => part.Key).Distinct()
            .Select(name => known.GetValueOrDefault(name, "a field of another version")).Order(StringComparer.Ordinal).ToArray();
        return names.Length == 0 ? "" : $", with another value of {string.Join(", ", names)}";
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

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return BinaryPrimitives.ReadUInt32BigEndian(hash);
    }
}

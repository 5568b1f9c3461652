using System.Buffers.Binary;
using Npgsql;

namespace Portico.Infrastructure.HashChain;

/// <summary>Writes the journals of a block with COPY in its binary format (PostgreSQL, "COPY", "Binary Format").</summary>
/// <remarks>
/// All rows have the same length, so they are written at once; the importer of the driver writes them field by field.
/// COPY writes rows by the page into the log of the database, and not one by one. Not thread-safe; made to be reused.
/// </remarks>
internal sealed class BlockJournalsCopy
{
    private const string Sql = "COPY ledger.block_journals (journal_id, height, position, leaf_hash) FROM STDIN (FORMAT BINARY)";
    private const short Columns = 4;
    private const int IdLength = 16;
    private const int RowLength = sizeof(short) + (Columns * sizeof(int)) + IdLength + sizeof(long) + sizeof(int) + MerkleTree.HashLength;
    private const int TrailerLength = sizeof(short);

    private byte[] _bytes = [];

    // The signature, no flags, and no extension of the header.
    private static ReadOnlySpan<byte> Header => [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Writes one row for each journal.</summary>
    /// <param name="connection">The connection, in the transaction of the block.</param>
    /// <param name="height">The height of the block.</param>
    /// <param name="journals">The ids of the journals, in the order of the block.</param>
    /// <param name="leaves">The hashes of their leaves.</param>
    /// <param name="cancellationToken">Cancels the transaction.</param>
    /// <exception cref="PostgresException">A journal is in another block.</exception>
    public async Task Write(
        NpgsqlConnection connection, long height, Guid[] journals, byte[][] leaves, CancellationToken cancellationToken)
    {
        var length = Fill(height, journals, leaves);
        await using var copy = await connection.BeginRawBinaryCopyAsync(Sql, cancellationToken);
        await copy.WriteAsync(_bytes.AsMemory(0, length), cancellationToken);
    }

    private int Fill(long height, Guid[] journals, byte[][] leaves)
    {
        var length = Header.Length + (journals.Length * RowLength) + TrailerLength;
        if (_bytes.Length < length)
            _bytes = new byte[length];
        Header.CopyTo(_bytes);
        var rest = _bytes.AsSpan(Header.Length);
        // In the order of their ids, which the index of the primary key takes at its end, one page after the other.
        var positions = Enumerable.Range(0, journals.Length).ToArray();
        Array.Sort([.. journals], positions);
        foreach (var position in positions)
        {
            BinaryPrimitives.WriteInt16BigEndian(rest, Columns);
            rest = rest[sizeof(short)..];
            journals[position].TryWriteBytes(Next(ref rest, IdLength), bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(Next(ref rest, sizeof(long)), height);
            BinaryPrimitives.WriteInt32BigEndian(Next(ref rest, sizeof(int)), position);
            leaves[position].CopyTo(Next(ref rest, MerkleTree.HashLength));
        }

        BinaryPrimitives.WriteInt16BigEndian(rest, -1);
        return length;
    }

    /// <summary>The next field, with its length before it.</summary>
    private static Span<byte> Next(ref Span<byte> rest, int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(rest, length);
        var field = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return field;
    }
}

using System.Buffers.Text;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.HashChain;

/// <summary>A journal as the database has it; nothing is interpreted, so that a changed value is found and not refused.</summary>
internal sealed record JournalRow
{
    public const string Columns =
        "j.id, j.kind, j.source_id, j.destination_id, j.currency, j.amount::text, j.operation_id, j.reverses_id, j.hold_id, "
        + "j.description, j.recorded_at, j.initiated_by, j.transaction_id";

    public required Guid Id { get; init; }
    public required string Kind { get; init; }
    public required Guid SourceId { get; init; }
    public required Guid DestinationId { get; init; }
    public required string Currency { get; init; }
    public required string Amount { get; init; }
    public required Guid? OperationId { get; init; }
    public required Guid? ReversesId { get; init; }
    public required Guid? HoldId { get; init; }
    public required string? Description { get; init; }

    /// <summary>In microseconds since 2000, as PostgreSQL stores it.</summary>
    public required long RecordedAt { get; init; }

    public required Guid? InitiatedBy { get; init; }
    public required long? TransactionId { get; init; }

    public static JournalRow Read(NpgsqlDataReader row, int first = 0) => new()
    {
        Id = row.GetGuid(first),
        Kind = row.GetString(first + 1),
        SourceId = row.GetGuid(first + 2),
        DestinationId = row.GetGuid(first + 3),
        Currency = row.GetString(first + 4),
        Amount = row.GetString(first + 5),
        OperationId = row.ValueOrNull<Guid>(first + 6),
        ReversesId = row.ValueOrNull<Guid>(first + 7),
        HoldId = row.ValueOrNull<Guid>(first + 8),
        Description = row.StringOrNull(first + 9),
        RecordedAt = row.GetFieldValue<long>(first + 10),
        InitiatedBy = row.ValueOrNull<Guid>(first + 11),
        TransactionId = row.ValueOrNull<long>(first + 12),
    };

    /// <summary>The row as the database has it, of a journal that was committed; without the transaction.</summary>
    public static JournalRow Of(Journal journal) => new()
    {
        Id = journal.Id,
        Kind = EnumNames<JournalKind>.Of(journal.Kind),
        SourceId = journal.SourceId,
        DestinationId = journal.DestinationId,
        Currency = journal.Amount.Currency.Code,
        Amount = RowValues.Text(journal.Amount),
        OperationId = journal.OperationId,
        ReversesId = journal.ReversesId,
        HoldId = journal.HoldId,
        Description = journal.Description,
        RecordedAt = RowValues.Microseconds(journal.RecordedAt),
        InitiatedBy = journal.InitiatedBy,
        TransactionId = null,
    };

    public SealedTransferDto ToTransfer() => new()
    {
        Id = $"{Id}",
        Kind = Kind,
        SourceId = $"{SourceId}",
        DestinationId = $"{DestinationId}",
        Currency = Currency,
        Amount = Amount,
        OperationId = OperationId?.ToString(),
        ReversesId = ReversesId?.ToString(),
        HoldId = HoldId?.ToString(),
        Description = Description,
        RecordedAt = FieldWriter.TimeText(RecordedAt),
    };
}

/// <summary>A posting as the database has it.</summary>
internal sealed record PostingRow
{
    public const string Columns =
        "p.journal_id, p.account_id, p.account_version, p.amount::text, p.posted_after::text, p.held_after::text, p.recorded_at";

    public required Guid AccountId { get; init; }
    public required long AccountVersion { get; init; }
    public required string Amount { get; init; }
    public required string PostedAfter { get; init; }
    public required string HeldAfter { get; init; }
    public required long RecordedAt { get; init; }

    /// <summary>Reads a posting, whose first column is the id of its journal.</summary>
    public static PostingRow Read(NpgsqlDataReader row) => new()
    {
        AccountId = row.GetGuid(1),
        AccountVersion = row.GetInt64(2),
        Amount = row.GetString(3),
        PostedAfter = row.GetString(4),
        HeldAfter = row.GetString(5),
        RecordedAt = row.GetFieldValue<long>(6),
    };

    /// <summary>The row as the database has it, of a posting that was committed.</summary>
    public static PostingRow Of(Posting posting) => new()
    {
        AccountId = posting.AccountId,
        AccountVersion = posting.AccountVersion,
        Amount = RowValues.Text(posting.Amount),
        PostedAfter = RowValues.Text(posting.PostedAfter),
        HeldAfter = RowValues.Text(posting.HeldAfter),
        RecordedAt = RowValues.Microseconds(posting.RecordedAt),
    };

    /// <summary>Reads the postings of journals, by journal.</summary>
    /// <remarks>A posting has the time of its journal, and times rise with the place in the table, so a range of pages is read.</remarks>
    public static async Task<Dictionary<Guid, List<PostingRow>>> ReadAll(
        NpgsqlConnection connection, IReadOnlyCollection<JournalRow> journals, CancellationToken cancellationToken)
    {
        var postings = new Dictionary<Guid, List<PostingRow>>(journals.Count);
        if (journals.Count == 0)
            return postings;
        foreach (var journal in journals)
            postings[journal.Id] = new List<PostingRow>(2);
        await using var command = new NpgsqlCommand(
            $"SELECT {Columns} FROM ledger.postings p WHERE p.recorded_at BETWEEN $1 AND $2", connection)
            .With(RowValues.Time(journals.Min(journal => journal.RecordedAt)), RowValues.Time(journals.Max(journal => journal.RecordedAt)));
        command.CommandTimeout = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (postings.TryGetValue(reader.GetGuid(0), out var found))
                found.Add(Read(reader));
        }

        return postings;
    }

    public bool IsBefore(PostingRow other) =>
        AccountId.CompareTo(other.AccountId) is not 0 and var order ? order < 0 : AccountVersion < other.AccountVersion;
}

/// <summary>A block as the database has it.</summary>
internal sealed record BlockRow
{
    public const string Columns =
        "b.height, b.format, b.previous_hash, b.root, b.journals, b.salt, b.sealed_at, b.system_id, b.up_to_transaction, b.up_to_journal, "
        + "b.hash, b.key_id, b.signature";

    public const int ColumnCount = 13;

    /// <summary>The format of blocks and leaves that this release writes.</summary>
    public const int CurrentFormat = 1;

    private const byte Kind = 2;
    private const byte PrivateKind = 4;

    public required long Height { get; init; }
    public required int Format { get; init; }
    public required byte[] PreviousHash { get; init; }
    public required byte[] Root { get; init; }
    public required int Journals { get; init; }
    public required byte[] Salt { get; init; }
    public required long SealedAt { get; init; }
    public required long SystemId { get; init; }
    public required long? UpToTransaction { get; init; }
    public required Guid? UpToJournal { get; init; }
    public byte[] Hash { get; init; } = [];
    public string KeyId { get; init; } = "";
    public byte[] Signature { get; init; } = [];

    public static BlockRow Read(NpgsqlDataReader row) => new()
    {
        Height = row.GetInt64(0),
        Format = row.GetInt32(1),
        PreviousHash = row.GetFieldValue<byte[]>(2),
        Root = row.GetFieldValue<byte[]>(3),
        Journals = row.GetInt32(4),
        Salt = row.GetFieldValue<byte[]>(5),
        SealedAt = row.GetFieldValue<long>(6),
        SystemId = row.GetInt64(7),
        UpToTransaction = row.ValueOrNull<long>(8),
        UpToJournal = row.ValueOrNull<Guid>(9),
        Hash = row.GetFieldValue<byte[]>(10),
        KeyId = row.GetString(11),
        Signature = row.GetFieldValue<byte[]>(12),
    };

    /// <summary>The head, with the public key of its signature.</summary>
    public HeadDto ToHead(byte[] publicKey) => new()
    {
        Format = Format,
        Height = Height,
        PreviousHash = Convert.ToHexStringLower(PreviousHash),
        Root = Convert.ToHexStringLower(Root),
        Journals = Journals,
        PrivateHash = Convert.ToHexStringLower(new FieldWriter().Begin(PrivateKind)
            .AddHex(Salt).Add(SystemId).Add(UpToTransaction).Add(UpToJournal).Hash()),
        SealedAt = FieldWriter.TimeText(SealedAt),
        Hash = Convert.ToHexStringLower(Hash),
        KeyId = KeyId,
        PublicKey = Base64Url.EncodeToString(publicKey),
        Signature = Base64Url.EncodeToString(Signature),
    };

    /// <summary>The hash of the fields of a head, as they stand in it.</summary>
    public static byte[] HashOf(HeadDto head) => new FieldWriter().Begin(Kind)
        .Add((long)head.Format).Add(head.Height).Add(head.PreviousHash).Add(head.Root).Add((long)head.Journals)
        .Add(head.PrivateHash).Add(head.SealedAt)
        .Hash();
}

/// <summary>Reads and writes single values of rows.</summary>
internal static class RowValues
{
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset Instant(long microseconds) => Epoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public static long Microseconds(DateTimeOffset instant) => (instant - Epoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>An amount as PostgreSQL writes its minor units.</summary>
    public static string Text(Money amount) => amount.MinorUnits.ToString(CultureInfo.InvariantCulture);

    /// <summary>A time in microseconds since 2000, which may be in no year of .NET.</summary>
    public static NpgsqlParameter Time(long microseconds) =>
        new NpgsqlParameter<long> { TypedValue = microseconds, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}

using Portico.Application.Ledger;

namespace Portico.Infrastructure.HashChain;

/// <summary>The hashes of a journal with its postings.</summary>
/// <remarks>
/// A leaf hashes what the parties of a transfer may see, and the hash of the rest: who asked for it, its transaction, and its postings with
/// the balances after it. The rest is hashed with the secret salt of the block, so that nobody finds a balance by trying.
/// </remarks>
internal static class Leaf
{
    private const byte Public = 0;
    private const byte Private = 3;

    /// <summary>The hash of a leaf.</summary>
    public static byte[] HashOf(FieldWriter writer, JournalRow journal, IReadOnlyList<PostingRow> postings, byte[] salt)
    {
        var hidden = PrivateHashOf(writer, journal, postings, salt);
        return AddJournal(writer.Begin(Public), journal).AddHex(hidden).Hash();
    }

    /// <summary>The hash of a leaf whose fields were written before.</summary>
    public static byte[] HashOf(FieldWriter writer, LeafFields fields, long? transactionId, byte[] salt)
    {
        var hidden = writer.Begin(Private).AddHex(salt)
            .AddWritten(fields.Initiator).Add(transactionId).AddWritten(fields.Postings)
            .Hash();
        return writer.Begin(Public).AddWritten(fields.Journal).AddHex(hidden).Hash();
    }

    /// <summary>The hash of a leaf by its receipt.</summary>
    public static byte[] HashOf(SealedTransferDto transfer, string privateHash) => new FieldWriter().Begin(Public)
        .Add(transfer.Id).Add(transfer.Kind).Add(transfer.SourceId).Add(transfer.DestinationId)
        .Add(transfer.Currency).Add(transfer.Amount).Add(transfer.OperationId).Add(transfer.ReversesId).Add(transfer.HoldId)
        .Add(transfer.Description).Add(transfer.RecordedAt).Add(privateHash)
        .Hash();

    /// <summary>The hash of what a receipt does not show.</summary>
    public static byte[] PrivateHashOf(FieldWriter writer, JournalRow journal, IReadOnlyList<PostingRow> postings, byte[] salt) =>
        AddPostings(writer.Begin(Private).AddHex(salt).Add(journal.InitiatedBy).Add(journal.TransactionId), postings).Hash();

    /// <summary>Adds what the parties may see.</summary>
    public static FieldWriter AddJournal(FieldWriter writer, JournalRow journal) => writer
        .Add(journal.Id).Add(journal.Kind).Add(journal.SourceId).Add(journal.DestinationId)
        .Add(journal.Currency).Add(journal.Amount).Add(journal.OperationId).Add(journal.ReversesId).Add(journal.HoldId)
        .Add(journal.Description).AddTime(journal.RecordedAt);

    /// <summary>Adds the number of the postings, and each of them in the order of their accounts.</summary>
    public static FieldWriter AddPostings(FieldWriter writer, IReadOnlyList<PostingRow> postings)
    {
        writer.Add((long)postings.Count);
        foreach (var posting in InOrder(postings))
        {
            writer.Add(posting.AccountId).Add(posting.AccountVersion)
                .Add(posting.Amount).Add(posting.PostedAfter).Add(posting.HeldAfter).AddTime(posting.RecordedAt);
        }

        return writer;
    }

    private static IReadOnlyList<PostingRow> InOrder(IReadOnlyList<PostingRow> postings) => postings switch
    {
        [] or [_] => postings,
        [var first, var second] => first.IsBefore(second) ? postings : [second, first],
        _ => [.. postings.OrderBy(posting => posting.AccountId).ThenBy(posting => posting.AccountVersion)],
    };
}

/// <summary>The fields of a leaf that do not depend on its block, each with its length before it.</summary>
internal readonly ref struct LeafFields(ReadOnlySpan<byte> initiator, ReadOnlySpan<byte> postings, ReadOnlySpan<byte> journal)
{
    /// <summary>Who asked for the journal.</summary>
    public ReadOnlySpan<byte> Initiator { get; } = initiator;

    /// <summary>How many postings there are, and each of them.</summary>
    public ReadOnlySpan<byte> Postings { get; } = postings;

    /// <summary>What the parties may see.</summary>
    public ReadOnlySpan<byte> Journal { get; } = journal;
}

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
        return writer.Begin(Public)
            .Add(journal.Id).Add(journal.Kind).Add(journal.SourceId).Add(journal.DestinationId)
            .Add(journal.Currency).Add(journal.Amount).Add(journal.OperationId).Add(journal.ReversesId).Add(journal.HoldId)
            .Add(journal.Description).AddTime(journal.RecordedAt).AddHex(hidden)
            .Hash();
    }

    /// <summary>The hash of a leaf by its receipt.</summary>
    public static byte[] HashOf(SealedTransferDto transfer, string privateHash) => new FieldWriter().Begin(Public)
        .Add(transfer.Id).Add(transfer.Kind).Add(transfer.SourceId).Add(transfer.DestinationId)
        .Add(transfer.Currency).Add(transfer.Amount).Add(transfer.OperationId).Add(transfer.ReversesId).Add(transfer.HoldId)
        .Add(transfer.Description).Add(transfer.RecordedAt).Add(privateHash)
        .Hash();

    /// <summary>The hash of what a receipt does not show.</summary>
    public static byte[] PrivateHashOf(FieldWriter writer, JournalRow journal, IReadOnlyList<PostingRow> postings, byte[] salt)
    {
        writer.Begin(Private).AddHex(salt).Add(journal.InitiatedBy).Add(journal.TransactionId).Add((long)postings.Count);
        foreach (var posting in InOrder(postings))
        {
            writer.Add(posting.AccountId).Add(posting.AccountVersion)
                .Add(posting.Amount).Add(posting.PostedAfter).Add(posting.HeldAfter).AddTime(posting.RecordedAt);
        }

        return writer.Hash();
    }

    private static IReadOnlyList<PostingRow> InOrder(IReadOnlyList<PostingRow> postings) => postings switch
    {
        [] or [_] => postings,
        [var first, var second] => first.IsBefore(second) ? postings : [second, first],
        _ => [.. postings.OrderBy(posting => posting.AccountId).ThenBy(posting => posting.AccountVersion)],
    };
}

namespace Portico.Application.Ledger;

/// <summary>The hash chain of the ledger.</summary>
public interface IHashChain
{
    /// <summary>Lists heads below a height, newest first.</summary>
    Task<IReadOnlyList<HeadDto>> ListHeads(long below, int limit, CancellationToken cancellationToken);

    /// <summary>Makes the receipt of a journal.</summary>
    /// <returns>The receipt; <c>null</c> while the journal is in no block.</returns>
    Task<ReceiptDto?> FindReceipt(Guid journalId, CancellationToken cancellationToken);

    /// <summary>Checks a receipt by itself, and that its head is one of this chain.</summary>
    /// <returns>What is wrong; <c>null</c> for a valid receipt.</returns>
    Task<ReceiptProblem?> Check(ReceiptDto receipt, CancellationToken cancellationToken);
}

/// <summary>What is wrong with a receipt.</summary>
public enum ReceiptProblem
{
    /// <summary>The format is unknown, or a hash or a key can't be read.</summary>
    Unreadable,

    /// <summary>The transfer and its proof do not lead to the root of the block.</summary>
    Proof,

    /// <summary>The fields of the head do not have its hash.</summary>
    HeadHash,

    /// <summary>The signature of the head is not that of the key.</summary>
    Signature,

    /// <summary>The key is not a key of this chain.</summary>
    UnknownKey,

    /// <summary>The head is not a head of this chain.</summary>
    UnknownHead,
}

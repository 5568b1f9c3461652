using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Portico.Application.Ledger;

namespace Portico.Infrastructure.HashChain;

/// <summary>Verifies receipts without a database.</summary>
public static class ReceiptVerification
{
    /// <summary>Checks that the transfer leads to the root, the head has its hash, and the key of the head has signed it.</summary>
    /// <returns>What is wrong; <c>null</c> when the receipt is right, provided that its key is trusted.</returns>
    public static ReceiptProblem? Check(ReceiptDto receipt)
    {
        var head = receipt.Head;
        var proof = new List<byte[]>(receipt.Proof.Count);
        foreach (var text in receipt.Proof)
        {
            if (!TryReadHash(text, out var sibling))
                return ReceiptProblem.Unreadable;
            proof.Add(sibling);
        }

        var wrongHead = Check(head);
        if (receipt.Format != BlockRow.CurrentFormat || wrongHead == ReceiptProblem.Unreadable || !TryReadHash(head.Root, out var root))
            return ReceiptProblem.Unreadable;

        var leaf = Leaf.HashOf(receipt.Transfer, receipt.PrivateHash);
        return MerkleTree.RootOf(leaf, receipt.Position, head.Journals, proof) is { } found && found.AsSpan().SequenceEqual(root)
            ? wrongHead
            : ReceiptProblem.Proof;
    }

    /// <summary>Checks that a head has its hash, and that the key of the head has signed it.</summary>
    /// <returns>What is wrong; <c>null</c> when the head is right, provided that its key is trusted.</returns>
    public static ReceiptProblem? Check(HeadDto head)
    {
        if (head.Format != BlockRow.CurrentFormat || !TryReadHash(head.Root, out _) || !TryReadHash(head.Hash, out var hash)
            || !TryReadKey(head.PublicKey, out var publicKey) || !TryRead(head.Signature, ChainKey.SignatureLength, out var signature))
            return ReceiptProblem.Unreadable;
        if (!BlockRow.HashOf(head).AsSpan().SequenceEqual(hash))
            return ReceiptProblem.HeadHash;
        return ChainKey.IdOf(publicKey) == head.KeyId && ChainKey.IsSignature(publicKey, head.Height, hash, signature)
            ? null
            : ReceiptProblem.Signature;
    }

    /// <summary>Reads a public key in base64url.</summary>
    public static bool TryReadKey(string text, [NotNullWhen(true)] out byte[]? key) => TryRead(text, ChainKey.PublicLength, out key);

    private static bool TryReadHash(string text, [NotNullWhen(true)] out byte[]? hash)
    {
        hash = new byte[MerkleTree.HashLength];
        return text.Length == 2 * MerkleTree.HashLength
            && Convert.FromHexString(text, hash, out _, out _) == OperationStatus.Done;
    }

    private static bool TryRead(string text, int length, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = new byte[length];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var written) == OperationStatus.Done && written == length;
    }
}

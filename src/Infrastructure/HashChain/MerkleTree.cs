using System.Numerics;
using Portico.Application.Common.Security;

namespace Portico.Infrastructure.HashChain;

/// <summary>The Merkle tree of RFC 9162, section 2.1, over the hashes of leaves.</summary>
internal static class MerkleTree
{
    public const int HashLength = 32;
    private const byte Node = 1;

    /// <summary>The root over at least one leaf.</summary>
    public static byte[] Root(ReadOnlySpan<byte[]> leaves)
    {
        if (leaves.Length == 1)
            return leaves[0];
        var split = Split(leaves.Length);
        return HashOf(Root(leaves[..split]), Root(leaves[split..]));
    }

    /// <summary>The hashes that lead from the leaf at a position to the root (RFC 9162, section 2.1.3.1).</summary>
    public static List<byte[]> Proof(ReadOnlySpan<byte[]> leaves, int position)
    {
        if (leaves.Length == 1)
            return [];
        var split = Split(leaves.Length);
        var (proof, sibling) = position < split
            ? (Proof(leaves[..split], position), Root(leaves[split..]))
            : (Proof(leaves[split..], position - split), Root(leaves[..split]));
        proof.Add(sibling);
        return proof;
    }

    /// <summary>The root that a leaf and its proof lead to (RFC 9162, section 2.1.3.2).</summary>
    /// <returns>The root; <c>null</c> when the proof does not have the length of this position.</returns>
    public static byte[]? RootOf(byte[] leaf, int position, int leaves, IReadOnlyList<byte[]> proof)
    {
        if (position < 0 || position >= leaves)
            return null;
        var (at, last, root) = (position, leaves - 1, leaf);
        foreach (var sibling in proof)
        {
            if (last == 0)
                return null;
            if ((at & 1) == 1 || at == last)
            {
                root = HashOf(sibling, root);
                while ((at & 1) == 0 && at != 0)
                    (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                root = HashOf(root, sibling);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 ? root : null;
    }

    // The largest power of two below the number of leaves.
    private static int Split(int leaves) => (int)(BitOperations.RoundUpToPowerOf2((uint)leaves) >> 1);

    private static byte[] HashOf(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> both = stackalloc byte[1 + (2 * HashLength)];
        both[0] = Node;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashLength)..]);
        return Sha256.Hash(both);
    }
}

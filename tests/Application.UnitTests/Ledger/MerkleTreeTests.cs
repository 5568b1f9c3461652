using System.Security.Cryptography;
using Portico.Infrastructure.HashChain;

namespace Portico.Application.UnitTests.Ledger;

public sealed class MerkleTreeTests
{
    [Fact]
    public void Every_leaf_of_a_tree_of_any_size_is_proved_at_its_place_only()
    {
        for (var size = 1; size <= 40; size++)
        {
            byte[][] leaves = [.. Enumerable.Range(0, size).Select(n => SHA256.HashData([(byte)n]))];
            var root = MerkleTree.Root(leaves);
            for (var position = 0; position < size; position++)
            {
                var proof = MerkleTree.Proof(leaves, position);
                for (var claimed = -1; claimed <= size; claimed++)
                {
                    var found = MerkleTree.RootOf(leaves[position], claimed, size, proof);
                    Assert.Equal(claimed == position, found is not null && found.AsSpan().SequenceEqual(root));
                }

                Assert.Null(MerkleTree.RootOf(leaves[position], position, size, [.. proof, root]));
                if (proof.Count > 0)
                    Assert.Null(MerkleTree.RootOf(leaves[position], position, size, proof[..^1]));
            }
        }
    }

    /// <summary>Values that the reference implementation of certificate transparency is tested with.</summary>
    [Theory]
    [InlineData(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [InlineData(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [InlineData(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [InlineData(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void The_root_is_that_of_certificate_transparency(int size, string root)
    {
        string[] inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        byte[][] leaves = [.. inputs.Take(size).Select(input => SHA256.HashData([0, .. Convert.FromHexString(input)]))];

        Assert.Equal(root, Convert.ToHexStringLower(MerkleTree.Root(leaves)));
    }
}

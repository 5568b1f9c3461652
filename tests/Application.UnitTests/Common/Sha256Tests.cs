using System.Security.Cryptography;
using Portico.Application.Common.Security;

namespace Portico.Application.UnitTests.Common;

public sealed class Sha256Tests
{
    [Fact]
    public void Is_the_hash_of_the_library_on_every_thread() => Parallel.For(0, 1_000, length =>
    {
        var data = RandomNumberGenerator.GetBytes(length);
        var buffer = new byte[SHA256.HashSizeInBytes + 3];

        Sha256.Hash(data, buffer);

        Assert.Equal(SHA256.HashData(data), Sha256.Hash(data));
        Assert.Equal([.. SHA256.HashData(data), 0, 0, 0], buffer);
    });
}

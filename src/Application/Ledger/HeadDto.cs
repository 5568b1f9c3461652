namespace Portico.Application.Ledger;

/// <summary>A head of the hash chain: a sealed block, which names the block before it, and the signature of its hash.</summary>
/// <remarks>Every field but the signature and the keys is hashed as the text that stands here.</remarks>
/// <example>
/// {"format":1,"height":2,"previousHash":"b7c6f5d1a2c3947e6b8d0f1e2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d",
/// "root":"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0","journals":3,
/// "privateHash":"a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90","sealedAt":"2026-11-21T10:00:02.123456Z",
/// "hash":"1122334455667788991122334455667788991122334455667788991122334455","keyId":"pWfx2mBX5xCFi2rFVDeJ1pTlYVfU5yPzgUHc4pPNZ2A",
/// "publicKey":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
/// "signature":"5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv8vXz0m3Jk2g"}
/// </example>
public sealed record HeadDto
{
    /// <summary>The format of the block and its leaves.</summary>
    public required int Format { get; init; }

    /// <summary>The number of the block: 1 for the first, without gaps.</summary>
    public required long Height { get; init; }

    /// <summary>The hash of the block before it, in hexadecimal; zeros for the first block.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>The root of the Merkle tree over the journals of the block, in hexadecimal.</summary>
    public required string Root { get; init; }

    /// <summary>How many journals the block seals.</summary>
    public required int Journals { get; init; }

    /// <summary>The hash of what the ledger keeps to itself: the salt of the block, and where the next block begins.</summary>
    public required string PrivateHash { get; init; }

    /// <summary>When the block was sealed.</summary>
    public required string SealedAt { get; init; }

    /// <summary>The hash of all fields above, in hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>The key that signed the head: the SHA-256 of its public key, in base64url.</summary>
    public required string KeyId { get; init; }

    /// <summary>The Ed25519 public key, in base64url.</summary>
    public required string PublicKey { get; init; }

    /// <summary>The Ed25519 signature of the height and the hash, in base64url.</summary>
    public required string Signature { get; init; }
}

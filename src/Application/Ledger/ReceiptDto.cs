namespace Portico.Application.Ledger;

/// <summary>Proves that a transfer is in the hash chain, without Portico: see <c>docs/ledger.md</c>.</summary>
/// <example>
/// {"format":1,"transfer":{"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","kind":"transfer","sourceId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd",
/// "destinationId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","currency":"EUR","amount":"1234","operationId":null,"reversesId":null,
/// "holdId":null,"description":"Lunch","recordedAt":"2026-11-21T10:00:00.123000Z"},
/// "privateHash":"c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00","position":1,
/// "proof":["aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd",
/// "1111222233334444111122223333444411112222333344441111222233334444"],
/// "head":{"format":1,"height":2,"previousHash":"b7c6f5d1a2c3947e6b8d0f1e2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d",
/// "root":"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0","journals":3,
/// "privateHash":"a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90","sealedAt":"2026-11-21T10:00:02.123456Z",
/// "hash":"1122334455667788991122334455667788991122334455667788991122334455","keyId":"pWfx2mBX5xCFi2rFVDeJ1pTlYVfU5yPzgUHc4pPNZ2A",
/// "publicKey":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
/// "signature":"5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv8vXz0m3Jk2g"}}
/// </example>
public sealed record ReceiptDto
{
    /// <summary>The format of the receipt.</summary>
    public required int Format { get; init; }

    public required SealedTransferDto Transfer { get; init; }

    /// <summary>The hash of what the ledger keeps to itself: who asked for the transfer, and both balances after it.</summary>
    public required string PrivateHash { get; init; }

    /// <summary>The place of the transfer among the leaves of the tree, from 0.</summary>
    public required int Position { get; init; }

    /// <summary>The hashes that lead from the transfer to the root of the tree, in hexadecimal.</summary>
    public required IReadOnlyList<string> Proof { get; init; }

    public required HeadDto Head { get; init; }
}

/// <summary>A transfer as it is sealed: each field is hashed as the text that stands here.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","kind":"transfer","sourceId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd",
/// "destinationId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","currency":"EUR","amount":"1234","operationId":null,"reversesId":null,
/// "holdId":null,"description":"Lunch","recordedAt":"2026-11-21T10:00:00.123000Z"}
/// </example>
public sealed record SealedTransferDto
{
    public required string Id { get; init; }
    public required string Kind { get; init; }

    /// <summary>The wallet or system account that gave the money.</summary>
    public required string SourceId { get; init; }

    /// <summary>The wallet or system account that got the money.</summary>
    public required string DestinationId { get; init; }

    public required string Currency { get; init; }

    /// <summary>The amount in minor units, such as cents.</summary>
    public required string Amount { get; init; }

    public required string? OperationId { get; init; }
    public required string? ReversesId { get; init; }
    public required string? HoldId { get; init; }
    public required string? Description { get; init; }
    public required string RecordedAt { get; init; }
}

using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>Checks a receipt: its proof, its signature, and whether its head is one of this chain; for anyone.</summary>
/// <example>
/// {"receipt":{"format":1,"transfer":{"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","kind":"transfer",
/// "sourceId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","destinationId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","currency":"EUR",
/// "amount":"1234","operationId":null,"reversesId":null,"holdId":null,"description":"Lunch","recordedAt":"2026-11-21T10:00:00.123000Z"},
/// "privateHash":"c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00","position":1,
/// "proof":["aaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccddddaaaabbbbccccdddd",
/// "1111222233334444111122223333444411112222333344441111222233334444"],
/// "head":{"format":1,"height":2,"previousHash":"b7c6f5d1a2c3947e6b8d0f1e2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d",
/// "root":"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0","journals":3,
/// "privateHash":"a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90","sealedAt":"2026-11-21T10:00:02.123456Z",
/// "hash":"1122334455667788991122334455667788991122334455667788991122334455","keyId":"pWfx2mBX5xCFi2rFVDeJ1pTlYVfU5yPzgUHc4pPNZ2A",
/// "publicKey":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
/// "signature":"5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv8vXz0m3Jk2g"}}}
/// </example>
[Anonymous]
public sealed record CheckReceipt : IQuery<ReceiptCheckDto>
{
    public required ReceiptDto Receipt { get; init; }
}

/// <summary>Whether a receipt is valid.</summary>
/// <param name="Valid">Whether the receipt proves that its transfer is in the chain.</param>
/// <param name="Problem">What is wrong; null when it is valid.</param>
/// <example>{"valid":false,"problem":"proof"}</example>
public sealed record ReceiptCheckDto(bool Valid, ReceiptProblem? Problem);

internal sealed class CheckReceiptValidator : AbstractValidator<CheckReceipt>
{
    // A tree has fewer than 2^31 leaves.
    private const int MaxProof = 31;

    public CheckReceiptValidator() => RuleFor(query => query.Receipt)
        .Must(receipt => receipt is { Transfer: not null, Head: not null, Proof.Count: <= MaxProof })
        .WithMessage($"Give a transfer, a head, and a proof of at most {MaxProof} hashes.");
}

internal sealed class CheckReceiptHandler(IHashChain chain) : IQueryHandler<CheckReceipt, ReceiptCheckDto>
{
    public async Task<Result<ReceiptCheckDto>> Handle(CheckReceipt query, CancellationToken cancellationToken)
    {
        var problem = await chain.Check(query.Receipt, cancellationToken);
        return new ReceiptCheckDto(problem is null, problem);
    }
}

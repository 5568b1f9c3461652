using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Makes several transfers from wallets of the caller: all of them or none.</summary>
/// <example>
/// {"transfers":[{"fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd",
/// "amount":{"amount":"12.34","currency":"EUR"},"description":"Lunch"}]}
/// </example>
[Authenticated]
public sealed record PostTransfers : ICommand<TransferBatchDto>, INeedsIdempotencyKey, IOwnTransaction
{
    /// <summary>1 to 100 transfers, executed in this order.</summary>
    public required IReadOnlyList<TransferLeg> Transfers { get; init; }
}

/// <summary>One transfer of a batch.</summary>
public sealed record TransferLeg
{
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }
    public required Money Amount { get; init; }
    public string? Description { get; init; }
}

/// <summary>The transfers of one batch.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","transfers":[{"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4dd1","kind":"transfer",
/// "fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"12.34",
/// "currency":"EUR"},"description":"Lunch","batchId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","reversesId":null,"holdId":null,
/// "createdAt":"2026-11-21T10:00:00.123Z"}]}
/// </example>
public sealed class TransferBatchDto
{
    public required Guid Id { get; init; }

    /// <summary>In the order of the request.</summary>
    public required IReadOnlyList<TransferDto> Transfers { get; init; }
}

internal sealed class PostTransfersValidator : AbstractValidator<PostTransfers>
{
    public PostTransfersValidator()
    {
        RuleFor(c => c.Transfers)
            .Must(legs => legs.Count is > 0 and <= Instruction.MaxLegs)
            .WithMessage($"A batch has 1 to {Instruction.MaxLegs} transfers.");
        RuleForEach(c => c.Transfers)
            .ChildRules(leg =>
            {
                leg.RuleFor(l => l.Amount).IsAmount();
                leg.RuleFor(l => l.Description).IsDescription();
            })
            .When(c => c.Transfers.Count <= Instruction.MaxLegs);
    }
}

internal sealed class PostTransfersHandler(LedgerClient ledger) : ICommandHandler<PostTransfers, TransferBatchDto>
{
    public async Task<Result<TransferBatchDto>> Handle(PostTransfers command, CancellationToken cancellationToken)
    {
        foreach (var (index, leg) in command.Transfers.Index())
        {
            if (leg.FromWalletId == leg.ToWalletId)
                return At(LedgerErrors.SameWallet, index);
        }

        var legs = command.Transfers.Select(leg => new Leg(ledger.NewId(), leg.FromWalletId, leg.ToWalletId, leg.Amount, leg.Description))
            .ToArray();
        return await ledger.Execute(
            Movement.Transfer(ledger.NewId(), ledger.CallerId, legs),
            result => new TransferBatchDto
            {
                Id = result.Journals[0].OperationId!.Value,
                Transfers = [.. result.Journals.Select(TransferDto.Of)],
            },
            cancellationToken,
            At);
    }

    private static Error At(Error refusal, int index) => refusal with { Path = $"transfers[{index}]" };
}

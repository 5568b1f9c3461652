using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Moves money from a wallet of the caller to any other wallet of the same currency.</summary>
/// <example>
/// {"fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"12.34",
/// "currency":"EUR"},"description":"Lunch"}
/// </example>
[Authenticated]
public sealed record PostTransfer : ICommand<TransferDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }
    public required Money Amount { get; init; }
    public string? Description { get; init; }
}

internal sealed class PostTransferValidator : AbstractValidator<PostTransfer>
{
    public PostTransferValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Description).IsDescription();
    }
}

internal sealed class PostTransferHandler(LedgerClient ledger) : ICommandHandler<PostTransfer, TransferDto>
{
    public Task<Result<TransferDto>> Handle(PostTransfer command, CancellationToken cancellationToken)
    {
        if (command.FromWalletId == command.ToWalletId)
            return Task.FromResult<Result<TransferDto>>(LedgerErrors.SameWallet);

        var id = ledger.NewId();
        return ledger.Execute(
            Movement.Transfer(
                id, ledger.CallerId, [new Leg(id, command.FromWalletId, command.ToWalletId, command.Amount, command.Description)]),
            TransferDto.Of,
            cancellationToken);
    }
}

using FluentValidation;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Holds;

/// <summary>Reserves money in a wallet of the caller for another wallet, until it is captured, voided or expires.</summary>
/// <example>
/// {"fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"20.00",
/// "currency":"EUR"},"description":"Order 17","expiresAt":"2026-11-28T10:00:00.000Z"}
/// </example>
[Authenticated]
public sealed record PlaceHold : ICommand<HoldDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }
    public required Money Amount { get; init; }
    public string? Description { get; init; }

    /// <summary>At most 90 days from now; 7 days by default.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

internal sealed class PlaceHoldValidator : AbstractValidator<PlaceHold>
{
    public PlaceHoldValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Description).IsDescription();
    }
}

internal sealed class PlaceHoldHandler(LedgerClient ledger) : ICommandHandler<PlaceHold, HoldDto>
{
    private static readonly TimeSpan UsualLife = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(90);

    private static readonly Error WrongExpiry =
        CommonErrors.Validation("expiresAt", $"Give a time in the future, at most {LongestLife.TotalDays:0} days from now.");

    public async Task<Result<HoldDto>> Handle(PlaceHold command, CancellationToken cancellationToken)
    {
        if (command.FromWalletId == command.ToWalletId)
            return LedgerErrors.SameWallet;

        var now = ledger.Now;
        var expiresAt = (command.ExpiresAt ?? now + UsualLife).ToUniversalTime();
        if (expiresAt > now + LongestLife)
            return WrongExpiry;

        // Whether the time has passed is decided after the key is known: a late repetition gets the hold that was placed.
        var placed = await ledger.Execute(
            new Reservation(command.FromWalletId, command.ToWalletId, command.Amount, expiresAt, command.Description)
            {
                Id = ledger.NewId()
            },
            HoldDto.Of,
            cancellationToken);
        return placed.Error == LedgerErrors.ExpiryPassed ? WrongExpiry : placed;
    }
}

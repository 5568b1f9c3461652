using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Holds;

/// <summary>Reserves money in a wallet of the caller for another wallet, until it is captured, voided or expires.</summary>
/// <example>{"fromWalletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","toWalletId":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"20.00","currency":"EUR"},"description":"Order 17","expiresAt":"2026-11-28T10:00:00.000Z"}</example>
[Authenticated]
public sealed record PlaceHold : ICommand<HoldDto>, INeedsIdempotencyKey, IOwnTransaction
{
    public required Guid FromWalletId { get; init; }
    public required Guid ToWalletId { get; init; }
    public required Money Amount { get; init; }
    public string? Description { get; init; }

    /// <summary>At most 90 days from now; left out, it is 7 days.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    internal static readonly TimeSpan UsualLife = TimeSpan.FromDays(7);
    internal static readonly TimeSpan LongestLife = TimeSpan.FromDays(90);
}

internal sealed class PlaceHoldValidator : AbstractValidator<PlaceHold>
{
    public PlaceHoldValidator(TimeProvider clock)
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Description).IsDescription();
        RuleFor(c => c.ExpiresAt)
            .Must(at => at is null || (at > clock.GetUtcNow() && at <= clock.GetUtcNow() + PlaceHold.LongestLife))
            .WithMessage($"A hold ends in the future, within {PlaceHold.LongestLife.TotalDays:0} days.");
    }
}

internal sealed class PlaceHoldHandler(Teller teller) : ICommandHandler<PlaceHold, HoldDto>
{
    public async Task<Result<HoldDto>> Handle(PlaceHold command, CancellationToken cancellationToken)
    {
        if (command.FromWalletId == command.ToWalletId)
            return LedgerErrors.SameWallet;

        var expiresAt = (command.ExpiresAt ?? teller.Now + PlaceHold.UsualLife).ToUniversalTime();
        return await teller.Carry(
            new Reservation(command.FromWalletId, command.ToWalletId, command.Amount, expiresAt, command.Description) { Id = teller.NewId() },
            outcome => HoldDto.Of(outcome.Hold!),
            cancellationToken);
    }
}

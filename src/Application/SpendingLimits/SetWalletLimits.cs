using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Wallets;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;

namespace Portico.Application.SpendingLimits;

/// <summary>Replaces the spending limit of a wallet; for managers with a higher role than the owner.</summary>
/// <remarks>A limit that is left out or <c>null</c> is removed.</remarks>
/// <example>{"perTransfer":{"amount":"200.00","currency":"EUR"},"perDay":{"amount":"500.00","currency":"EUR"}}</example>
[RequirePermission(Permissions.LimitsWrite)]
public sealed record SetWalletLimits : ICommand<SpendingLimitDto>
{
    [JsonIgnore]
    public Guid Id { get; init; }

    /// <summary>The largest transfer or hold.</summary>
    public Money? PerTransfer { get; init; }

    /// <summary>The most in a day of the owner's time zone.</summary>
    public Money? PerDay { get; init; }

    /// <summary>The most in a month of the owner's time zone.</summary>
    public Money? PerMonth { get; init; }
}

internal sealed class SetWalletLimitsValidator : AbstractValidator<SetWalletLimits>
{
    public SetWalletLimitsValidator() => RuleFor(c => c)
        .Must(c => new[] { c.PerTransfer, c.PerDay, c.PerMonth }.OfType<Money>().DistinctBy(amount => amount.Currency).Count() < 2)
        .WithMessage("Give all amounts in one currency.");
}

internal sealed class SetWalletLimitsHandler(LimitAdministration administration, ISpendingLimits limits, IWalletHistory wallets)
    : ICommandHandler<SetWalletLimits, SpendingLimitDto>
{
    public async Task<Result<SpendingLimitDto>> Handle(SetWalletLimits command, CancellationToken cancellationToken)
    {
        if (await wallets.Find(command.Id, cancellationToken) is not { } wallet)
            return LedgerErrors.WalletNotFound;
        var limit = new SpendingLimit(command.PerTransfer, command.PerDay, command.PerMonth);
        if (!limit.IsIn(wallet.Currency))
            return LedgerErrors.CurrencyMismatch;

        var refusal = await administration.Replace(
            new LimitSubject(wallet.Id, wallet.OwnerId),
            new Dictionary<Currency, SpendingLimit> { [wallet.Currency] = limit },
            cancellationToken);
        return refusal is not null
            ? refusal
            : SpendingLimitDto.OfWallet(await limits.Read(command.Id, cancellationToken), wallet.Currency);
    }
}

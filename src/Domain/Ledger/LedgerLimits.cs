using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Ledger;

/// <summary>The limits of instructions that an installation chooses.</summary>
/// <param name="MaxMovement">The largest amount of one leg or hold, in units of its currency.</param>
/// <param name="MaxOpenHolds">How many open holds a user may have, in all wallets together.</param>
public sealed record LedgerLimits(decimal MaxMovement, int MaxOpenHolds)
{
    // A hundredth of the largest wallet: with 18 decimals a limit in units of the currency alone could fill a wallet at once.
    private const decimal MaxUnits = 790_000_000_000_000_000_000_000m;

    /// <summary>The limits that hold in every installation.</summary>
    public static LedgerLimits Widest { get; } = new(decimal.MaxValue, int.MaxValue);

    /// <summary>The largest amount of one leg or hold.</summary>
    public static Money MaxAmount(Currency currency) => Money.OfMinorUnits(MaxUnits, currency);

    internal bool Allow(Money amount) => amount.Amount <= MaxMovement && amount.MinorUnits <= MaxUnits;
}

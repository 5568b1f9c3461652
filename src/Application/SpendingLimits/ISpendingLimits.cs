using Portico.Domain.Currencies;
using Portico.Domain.Ledger;

namespace Portico.Application.SpendingLimits;

/// <summary>The spending limits of wallets and users. A change joins the transaction of the command.</summary>
public interface ISpendingLimits
{
    /// <summary>The limits of a wallet or a user, by the code of the currency, with what was spent in the current day and month.</summary>
    Task<IReadOnlyList<Spending>> Read(Guid subjectId, CancellationToken cancellationToken);

    /// <summary>Replaces the limits. What was spent stays; for a new limit it is added up from the history of the wallets.</summary>
    /// <returns>The limits before.</returns>
    /// <remarks>
    /// Locks the owner, then the accounts in the order of the ledger, so that every payment is before the change or after it.
    /// </remarks>
    Task<IReadOnlyList<Spending>> Replace(
        LimitSubject subject, IReadOnlyDictionary<Currency, SpendingLimit> limits, CancellationToken cancellationToken);
}

/// <summary>Whose spending is limited: a wallet of the owner, or the owner in all wallets together.</summary>
public sealed record LimitSubject(Guid Id, Guid OwnerId)
{
    public bool IsUser => Id == OwnerId;
}

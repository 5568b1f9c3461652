using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Users;

namespace Portico.Application.SpendingLimits;

/// <summary>Replaces spending limits on behalf of the caller, and writes the audit entry in the same transaction.</summary>
internal sealed class LimitAdministration(IAppDbContext db, ISpendingLimits limits, ICurrentUser caller, IAuditLog audit)
{
    /// <summary>Replaces the limits of a wallet or a user with a lower role than the caller.</summary>
    /// <returns>Why it was refused; <c>null</c> when it was done.</returns>
    public async Task<Error?> Replace(
        LimitSubject subject, IReadOnlyDictionary<Currency, SpendingLimit> wanted, CancellationToken cancellationToken)
    {
        if (await db.Users.SingleOrDefaultAsync(user => user.Id == caller.Id, cancellationToken) is not { } by)
            return CommonErrors.Unauthenticated;
        if (await db.Users.SingleOrDefaultAsync(user => user.Id == subject.OwnerId, cancellationToken) is not { } owner)
            return subject.IsUser ? UserErrors.NotFound : LedgerErrors.WalletNotFound;
        if (!by.Outranks(owner))
            return UserErrors.RankTooLow;

        var set = wanted.Where(item => item.Value != SpendingLimit.None).ToDictionary();
        var before = await limits.Replace(subject, set, cancellationToken);
        audit.Add(new AuditNote(
            AuditActions.SpendingLimitsSet, subject.IsUser ? AuditSubject.User(subject.Id) : AuditSubject.Wallet(subject.Id))
            .Changed("limits", Describe(before.Select(item => item.Limit)), Describe(set.Values)));
        return null;
    }

    private static string? Describe(IEnumerable<SpendingLimit> limits)
    {
        var texts = limits.SelectMany(limit => ((string Name, Money? Amount)[])
            [("transfer", limit.PerTransfer), ("day", limit.PerDay), ("month", limit.PerMonth)])
            .Where(limit => limit.Amount is not null)
            .Select(limit => $"{limit.Amount} a {limit.Name}")
            .Order(StringComparer.Ordinal)
            .ToArray();
        return texts.Length == 0 ? null : string.Join(", ", texts);
    }
}

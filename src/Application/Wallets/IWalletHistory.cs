using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Application.Wallets;

/// <summary>Reads what was posted to wallets, closed ones included.</summary>
/// <remarks>
/// What was posted never changes, so a version, once known, names the same balance and the same entries for ever: several reads agree
/// without a transaction around them, and a slow reader keeps nothing open in the database.
/// </remarks>
public interface IWalletHistory
{
    /// <returns><c>null</c> when there is no such wallet.</returns>
    Task<WalletAccount?> Find(Guid walletId, CancellationToken cancellationToken);

    /// <summary>The entries before a version, the newest first.</summary>
    Task<IReadOnlyList<EntryDto>> Before(WalletAccount wallet, long version, int limit, CancellationToken cancellationToken);

    /// <summary>The balance after all that was recorded before an instant.</summary>
    Task<PostedBalance> Until(WalletAccount wallet, DateTimeOffset instant, CancellationToken cancellationToken);

    /// <summary>The entries after a version up to another one, the oldest first, read part by part as they are taken.</summary>
    IAsyncEnumerable<EntryDto> Between(WalletAccount wallet, long afterVersion, long upToVersion, CancellationToken cancellationToken);
}

/// <summary>Whose wallet it is, and of what currency: neither ever changes.</summary>
public sealed record WalletAccount(Guid Id, Guid OwnerId, Currency Currency);

/// <summary>What a wallet holds after a number of postings.</summary>
public sealed record PostedBalance(long Version, Money Posted, Money Held)
{
    public static PostedBalance Empty(Currency currency) => new(0, Money.Zero(currency), Money.Zero(currency));
}

using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Application.Wallets;

/// <summary>Reads the entries and balances of wallets, including closed ones.</summary>
/// <remarks>
/// Postings never change, so a version always has the same balance and the same entries. Several reads are consistent without a
/// transaction, and a slow reader keeps nothing open in the database.
/// </remarks>
public interface IWalletHistory
{
    /// <summary>Finds a wallet.</summary>
    /// <returns>The wallet; <c>null</c> when there is none.</returns>
    Task<WalletAccount?> Find(Guid walletId, CancellationToken cancellationToken);

    /// <summary>The entries before a version, newest first.</summary>
    Task<IReadOnlyList<EntryDto>> Before(WalletAccount wallet, long version, int limit, CancellationToken cancellationToken);

    /// <summary>The last entries of several wallets, newest first, in one read.</summary>
    Task<ILookup<Guid, EntryDto>> Last(IReadOnlyCollection<WalletAccount> wallets, int limit, CancellationToken cancellationToken);

    /// <summary>The balance after all entries that were recorded before a time.</summary>
    Task<PostedBalance> Until(WalletAccount wallet, DateTimeOffset instant, CancellationToken cancellationToken);

    /// <summary>The entries after a version up to another one, oldest first, read in batches on demand.</summary>
    IAsyncEnumerable<EntryDto> Between(WalletAccount wallet, long afterVersion, long upToVersion, CancellationToken cancellationToken);
}

/// <summary>The owner and the currency of a wallet; they never change.</summary>
public sealed record WalletAccount(Guid Id, Guid OwnerId, Currency Currency);

/// <summary>The balance of a wallet after a number of postings.</summary>
public sealed record PostedBalance(long Version, Money Posted, Money Held)
{
    public static PostedBalance Empty(Currency currency) => new(0, Money.Zero(currency), Money.Zero(currency));
}

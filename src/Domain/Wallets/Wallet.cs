using Portico.Domain.Common;
using Portico.Domain.Currencies;

namespace Portico.Domain.Wallets;

/// <summary>The status of a wallet.</summary>
public enum WalletStatus
{
    Open,
    Closed,
}

/// <summary>A wallet of a user in one currency; its money is in the ledger account with the same id.</summary>
public sealed class Wallet : OwnedRecord
{
    public const int MaxNameLength = 100;

    private Wallet(Guid id, Guid ownerId, string name, Currency currency)
        : base(id, ownerId) => (Name, Currency) = (name, currency);

    public string Name { get; private set; }
    public Currency Currency { get; private init; }
    public WalletStatus Status { get; private set; } = WalletStatus.Open;

    public static Wallet Open(Guid ownerId, string name, Currency currency, DateTimeOffset now)
    {
        var wallet = new Wallet(Ids.New(now), ownerId, name, currency);
        wallet.Raise(new WalletOpened(wallet.Id, ownerId, name, currency.Code));
        return wallet;
    }

    public void Rename(string name)
    {
        if (name == Name)
            return;

        Name = name;
        Raise(new WalletRenamed(Id, OwnerId, name));
    }

    /// <summary>Closes the wallet permanently, after the ledger has closed its empty account.</summary>
    public void Close()
    {
        Status = WalletStatus.Closed;
        Raise(new WalletClosed(Id, OwnerId));
    }
}

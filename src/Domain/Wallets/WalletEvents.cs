using Portico.Domain.Common;

namespace Portico.Domain.Wallets;

/// <summary>A user opened a wallet.</summary>
public sealed record WalletOpened(Guid WalletId, Guid OwnerId, string WalletName, string Currency) : IDomainEvent
{
    public static string Name => "wallets.opened.v1";
}

/// <summary>A user renamed a wallet.</summary>
public sealed record WalletRenamed(Guid WalletId, Guid OwnerId, string WalletName) : IDomainEvent
{
    public static string Name => "wallets.renamed.v1";
}

/// <summary>A user closed an empty wallet permanently.</summary>
public sealed record WalletClosed(Guid WalletId, Guid OwnerId) : IDomainEvent
{
    public static string Name => "wallets.closed.v1";
}

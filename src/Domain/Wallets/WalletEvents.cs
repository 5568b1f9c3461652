using Portico.Domain.Common;

namespace Portico.Domain.Wallets;

/// <summary>A person opened a wallet.</summary>
public sealed record WalletOpened(Guid WalletId, Guid OwnerId, string WalletName, string Currency) : IDomainEvent
{
    public static string Name => "wallets.opened.v1";
}

/// <summary>A person gave a wallet another name.</summary>
public sealed record WalletRenamed(Guid WalletId, Guid OwnerId, string WalletName) : IDomainEvent
{
    public static string Name => "wallets.renamed.v1";
}

/// <summary>A person closed an empty wallet for good.</summary>
public sealed record WalletClosed(Guid WalletId, Guid OwnerId) : IDomainEvent
{
    public static string Name => "wallets.closed.v1";
}

using Portico.Domain.Common;

namespace Portico.Domain.Wallets;

/// <summary>What can be refused about wallets, apart from their money.</summary>
public static class WalletErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "You have no such wallet.");

    public static readonly Error NotEmpty =
        new(ErrorKind.Conflict, "wallet_not_empty", "There is money in the wallet, or some is held. Move it first.");
}

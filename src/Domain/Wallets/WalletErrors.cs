using Portico.Domain.Common;

namespace Portico.Domain.Wallets;

/// <summary>The errors of wallets, apart from their money.</summary>
public static class WalletErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "You have no such wallet.");

    public static readonly Error TooMany =
        new(ErrorKind.Conflict, "too_many_wallets", "You have as many wallets as are allowed.");

    public static readonly Error NotEmpty =
        new(ErrorKind.Conflict, "wallet_not_empty", "The wallet contains money or has open holds. Move the money first.");
}

using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Wallets;

/// <summary>Gets the balance of a wallet at a time; for its owner and for managers.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record GetWalletBalance : IQuery<WalletBalanceDto>
{
    public Guid WalletId { get; init; }

    /// <summary>The time in whole milliseconds; entries of this millisecond are included. Without it, now.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>The balance of a wallet at a time.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="At">The time.</param>
/// <param name="Version">The number of entries until then; 0 before the first.</param>
/// <param name="Balance">The sum of the entries.</param>
/// <param name="Held">The held part of the balance.</param>
/// <param name="Available">The balance minus the held part.</param>
/// <example>
/// {"walletId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1","at":"2026-11-21T10:00:00.123Z","version":7,"balance":{"amount":"87.66",
/// "currency":"EUR"},"held":{"amount":"7.66","currency":"EUR"},"available":{"amount":"80.00","currency":"EUR"}}
/// </example>
public sealed record WalletBalanceDto(Guid WalletId, DateTimeOffset At, long Version, Money Balance, Money Held, Money Available);

internal sealed class GetWalletBalanceHandler(IWalletHistory history, ICurrentUser caller, TimeProvider clock)
    : IQueryHandler<GetWalletBalance, WalletBalanceDto>
{
    public async Task<Result<WalletBalanceDto>> Handle(GetWalletBalance query, CancellationToken cancellationToken)
    {
        var wallet = await history.Open(query.WalletId, caller, cancellationToken);
        if (wallet.Error is { } refusal)
            return refusal;

        var at = Instants.Millisecond(query.At ?? clock.GetUtcNow());
        var found = await history.Until(wallet.Value, query.At is null ? Instants.Open : Instants.After(at), cancellationToken);
        return new WalletBalanceDto(query.WalletId, at, found.Version, found.Posted, found.Held, found.Posted - found.Held);
    }
}

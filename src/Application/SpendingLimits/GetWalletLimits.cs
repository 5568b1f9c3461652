using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Application.Wallets;
using Portico.Domain.Common;

namespace Portico.Application.SpendingLimits;

/// <summary>Gets the spending limit of a wallet; for its owner and for users who may read all wallets.</summary>
[Authenticated]
public sealed record GetWalletLimits(Guid Id) : IQuery<SpendingLimitDto>;

internal sealed class GetWalletLimitsHandler(ISpendingLimits limits, IWalletHistory wallets, ICurrentUser caller)
    : IQueryHandler<GetWalletLimits, SpendingLimitDto>
{
    public async Task<Result<SpendingLimitDto>> Handle(GetWalletLimits query, CancellationToken cancellationToken)
    {
        var found = await wallets.Open(query.Id, caller, cancellationToken);
        if (found.Error is { } refusal)
            return refusal;

        return SpendingLimitDto.OfWallet(await limits.Read(query.Id, cancellationToken), found.Value.Currency);
    }
}

using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Wallets;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>The newest wallets of the caller with their last entries.</summary>
[DashboardPart("wallets", Share = 0.8, IsCacheable = true)]
internal sealed class WalletsPart(ISender sender) : IDashboardPart<Page<WalletOverviewDto>>
{
    private const int Wallets = 10;
    private const int Entries = 5;

    public Task<Result<Page<WalletOverviewDto>>> Read(CancellationToken cancellationToken) =>
        sender.Send(new ListWalletOverviews { Limit = Wallets, Entries = Entries }, cancellationToken);
}

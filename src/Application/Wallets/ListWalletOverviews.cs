using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>Lists the caller's wallets with their last entries, newest first. <see cref="ListWallets"/> continues the list.</summary>
[Authenticated]
public sealed record ListWalletOverviews : PagedQuery<WalletOverviewDto>, ISorted
{
    internal const int MaxEntries = 20;

    /// <summary>How many entries of each wallet are listed: 1 to 20.</summary>
    public int Entries { get; init; } = 5;

    public string? Sort { get; init; }
}

internal sealed class ListWalletOverviewsValidator : SortedValidator<ListWalletOverviews, Wallet>
{
    public ListWalletOverviewsValidator()
        : base(ListWallets.Sorts) => RuleFor(query => query.Entries).InclusiveBetween(1, ListWalletOverviews.MaxEntries);
}

internal sealed class ListWalletOverviewsHandler(IAppDbContext db, IAccounts accounts, IWalletHistory history)
    : IQueryHandler<ListWalletOverviews, Page<WalletOverviewDto>>
{
    public async Task<Result<Page<WalletOverviewDto>>> Handle(ListWalletOverviews query, CancellationToken cancellationToken)
    {
        // The wallets of the caller only, by the filter of owned records.
        var page = await ListWallets.Sorts.Read(db.Wallets.AsNoTracking(), query, wallet => wallet, cancellationToken);
        var held = await accounts.Read([.. page.Items.Select(wallet => wallet.Id)], cancellationToken);
        var entries = await history.Last(
            [.. page.Items.Select(wallet => new WalletAccount(wallet.Id, wallet.OwnerId, wallet.Currency))],
            query.Entries,
            cancellationToken);
        return new Page<WalletOverviewDto>(
            [.. page.Items.Select(wallet => new WalletOverviewDto(WalletDto.Of(wallet, held[wallet.Id]), [.. entries[wallet.Id]]))],
            page.NextCursor);
    }
}

/// <summary>A wallet of the caller and its last entries, newest first.</summary>
public sealed record WalletOverviewDto(WalletDto Wallet, IReadOnlyList<EntryDto> Entries);

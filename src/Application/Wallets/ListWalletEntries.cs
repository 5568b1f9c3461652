using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Wallets;

/// <summary>Lists the entries of a wallet, newest first; for its owner and for managers.</summary>
[Authenticated(OrServiceAccount = true)]
public sealed record ListWalletEntries : PagedQuery<EntryDto>
{
    public Guid WalletId { get; init; }
}

/// <summary>The last entry of a page.</summary>
internal sealed record EntryPosition(long Version);

internal sealed class ListWalletEntriesValidator : PagedValidator<ListWalletEntries, EntryPosition>;

internal sealed class ListWalletEntriesHandler(IWalletHistory history, ICurrentUser caller)
    : IQueryHandler<ListWalletEntries, Page<EntryDto>>
{
    public async Task<Result<Page<EntryDto>>> Handle(ListWalletEntries query, CancellationToken cancellationToken)
    {
        var wallet = await history.Open(query.WalletId, caller, cancellationToken);
        if (wallet.Error is { } refusal)
            return refusal;

        var before = Cursor.TryRead<EntryPosition>(query.Cursor, out var last) ? last.Version : long.MaxValue;
        var entries = await history.Before(wallet.Value, before, query.Limit, cancellationToken);
        // Versions have no gaps, so version 1 is the last entry of the list.
        var hasMore = entries is [.., { Version: > 1 }];
        return new Page<EntryDto>(entries, hasMore ? Cursor.Write(new EntryPosition(entries[^1].Version)) : null);
    }
}

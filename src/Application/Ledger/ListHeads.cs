using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>Lists the signed heads of the hash chain, newest first.</summary>
[Authenticated]
public sealed record ListHeads : PagedQuery<HeadDto>;

/// <summary>The last head of a page.</summary>
internal sealed record HeadPosition(long Height);

internal sealed class ListHeadsValidator : PagedValidator<ListHeads, HeadPosition>;

internal sealed class ListHeadsHandler(IHashChain chain) : IQueryHandler<ListHeads, Page<HeadDto>>
{
    public async Task<Result<Page<HeadDto>>> Handle(ListHeads query, CancellationToken cancellationToken)
    {
        var below = Cursor.TryRead<HeadPosition>(query.Cursor, out var last) ? last.Height : long.MaxValue;
        var heads = await chain.ListHeads(below, query.Limit, cancellationToken);
        // Heights have no gaps, so height 1 is the last of the list.
        var hasMore = heads is [.., { Height: > 1 }];
        return new Page<HeadDto>(heads, hasMore ? Cursor.Write(new HeadPosition(heads[^1].Height)) : null);
    }
}

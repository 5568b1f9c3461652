using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Reconciliations;

/// <summary>Lists the reconciliations, newest first; for administrators.</summary>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record ListReconciliations : PagedQuery<ReconciliationSummaryDto>;

/// <summary>The last reconciliation of a page; ids sort by time.</summary>
internal sealed record ReconciliationPosition(Guid Id);

internal sealed class ListReconciliationsValidator : PagedValidator<ListReconciliations, ReconciliationPosition>;

internal sealed class ListReconciliationsHandler(IReconciliations reconciliations)
    : IQueryHandler<ListReconciliations, Page<ReconciliationSummaryDto>>
{
    public async Task<Result<Page<ReconciliationSummaryDto>>> Handle(ListReconciliations query, CancellationToken cancellationToken)
    {
        var before = Cursor.TryRead<ReconciliationPosition>(query.Cursor, out var last)
            ? last.Id
            : Guid.AllBitsSet;
        // One extra row shows whether there is a next page.
        var found = await reconciliations.List(before, query.Limit + 1, cancellationToken);
        return Page.Of([.. found], query.Limit, each => each, last => Cursor.Write(new ReconciliationPosition(last.Id)));
    }
}

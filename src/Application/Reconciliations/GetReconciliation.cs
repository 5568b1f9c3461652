using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Reconciliations;

/// <summary>Gets a reconciliation with its first differences; for administrators.</summary>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record GetReconciliation(Guid Id) : IQuery<ReconciliationDto>;

internal sealed class GetReconciliationHandler(IReconciliations reconciliations) : IQueryHandler<GetReconciliation, ReconciliationDto>
{
    public async Task<Result<ReconciliationDto>> Handle(GetReconciliation query, CancellationToken cancellationToken) =>
        await reconciliations.Find(query.Id, cancellationToken) is { } found ? found : ReconciliationErrors.NotFound;
}

using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>Recomputes every balance from its postings and reports the first wrong row of each check; for administrators.</summary>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record GetLedgerVerification : IQuery<LedgerVerificationDto>;

internal sealed class GetLedgerVerificationHandler(ILedgerVerification verification)
    : IQueryHandler<GetLedgerVerification, LedgerVerificationDto>
{
    public Task<Result<LedgerVerificationDto>> Handle(GetLedgerVerification query, CancellationToken cancellationToken) =>
        verification.Verify(cancellationToken);
}

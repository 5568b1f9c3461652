using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>Proves from its rows that the ledger keeps its promises.</summary>
public interface ILedgerVerification
{
    /// <summary>Verifies the ledger as it is at one instant, without keeping anybody from writing.</summary>
    /// <returns>What was found; refused while another verification of the same database is running.</returns>
    Task<Result<LedgerVerificationDto>> Verify(CancellationToken cancellationToken);
}

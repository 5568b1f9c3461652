using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>Verifies from its rows that the ledger is consistent.</summary>
public interface ILedgerVerification
{
    /// <summary>Verifies the state of the ledger at one time; writers are not blocked.</summary>
    /// <returns>The result; an error while another verification of the same database runs.</returns>
    Task<Result<LedgerVerificationDto>> Verify(CancellationToken cancellationToken);
}

/// <summary>The errors of reading the whole ledger.</summary>
public static class LedgerQueryErrors
{
    public static readonly Error VerificationRunning =
        new(ErrorKind.Conflict, "verification_running", "Another verification of the ledger is running. Wait until it ends.");
}

using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>The errors of reading the whole ledger.</summary>
public static class LedgerQueryErrors
{
    public static readonly Error VerificationRunning =
        new(ErrorKind.Conflict, "verification_running", "Another verification of the ledger is running. Wait until it ends.");
}

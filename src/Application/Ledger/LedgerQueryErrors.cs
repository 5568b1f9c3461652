using Portico.Domain.Common;

namespace Portico.Application.Ledger;

/// <summary>What can be refused about reading the whole ledger.</summary>
public static class LedgerQueryErrors
{
    public static readonly Error VerificationRunning =
        new(ErrorKind.Conflict, "verification_running", "The ledger is being verified already. Wait for that to end.");
}

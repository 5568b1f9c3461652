using Portico.Domain.Common;

namespace Portico.Application.Reconciliations;

/// <summary>The errors of reconciliations.</summary>
public static class ReconciliationErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such reconciliation.");

    public static readonly Error Running = new(
        ErrorKind.Conflict, "reconciliation_running", "Another report is being compared. Wait until that ends.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    /// <summary>The report can't be read; its fields are what is wrong with each line.</summary>
    public static readonly Error InvalidReport = new(
        ErrorKind.Validation, "invalid_report", "This is no report of the provider that can be compared. Nothing was stored.");
}

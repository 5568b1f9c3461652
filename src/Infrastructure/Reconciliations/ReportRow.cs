using Portico.Domain.Common;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>A row of a provider's report.</summary>
/// <param name="Line">Its line in the file.</param>
/// <param name="Subject">payment, refund or failedRefund; of a row that is not compared the provider's name of its kind.</param>
/// <param name="IsCompared">Whether the clearing account has such rows.</param>
/// <param name="ProviderId">The provider's id: letters, digits, <c>_</c> and <c>-</c>.</param>
/// <param name="Amount">The amount; it has a sign only when the row is not compared.</param>
/// <param name="Fee">What the provider charged; <c>null</c> when the report does not say it.</param>
/// <param name="At">When it happened at the provider.</param>
internal sealed record ReportRow(
    int Line, string Subject, bool IsCompared, string ProviderId, Money Amount, Money? Fee, DateTimeOffset At)
{
    public const string Payment = "payment";
    public const string Refund = "refund";
    public const string FailedRefund = "failedRefund";
}

using System.Text.RegularExpressions;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>Stripe's itemized report "Balance change from activity".</summary>
/// <remarks>
/// <c>balance_change_from_activity.itemized</c> (https://docs.stripe.com/reports/report-types/balance). What is neither a payment nor a
/// refund, such as a dispute or a payout, is summed up by its reporting category.
/// </remarks>
internal sealed partial class StripeReport : ReportFormat
{
    private static readonly string[] Times =
        ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd HH:mm"];

    public override string Name => "Stripe's itemized report \"Balance change from activity\" as CSV";

    public override string Marker => "reporting_category";

    public override bool CoversPayments => true;

    public override bool CoversRefunds => true;

    protected override bool IsHeader(IReadOnlyList<string> cells) =>
        cells.Any(cell => cell.Trim().Equals(Marker, StringComparison.OrdinalIgnoreCase));

    protected override bool IsNote(IReadOnlyList<string> cells) => false;

    protected override void Begin(int line, IReadOnlyCollection<string> columns)
    {
        Need(line, columns, "balance_transaction_id", "currency", "gross", "fee", "net", "source_id", "payment_intent_id");
        // Without a zone the time is UTC unless another zone was asked for.
        if (!columns.Contains("created_utc", StringComparer.OrdinalIgnoreCase))
            Need(line, columns, "created");
    }

    protected override ReportRow Row(ReportRecord record)
    {
        var currency = record.Currency(record.Text("currency"));
        var (gross, fee) = (record.Money(currency, "gross"), record.Money(currency, "fee"));
        if (gross - fee != record.Money(currency, "net"))
            throw new InvalidReportException(record.Line, "net is not gross less fee.");
        var at = record.Time(Times, TimeSpan.Zero, "created_utc", "created");
        var category = record.Text("reporting_category");
        var (subject, idColumn, isOut) = category switch
        {
            // A charge that was made without a PaymentIntent has no payment here.
            "charge" => (ReportRow.Payment, record.Find("payment_intent_id") is null ? "source_id" : "payment_intent_id", false),
            "refund" => (ReportRow.Refund, "source_id", true),
            "refund_failure" => (ReportRow.FailedRefund, "source_id", false),
            _ => (null, "balance_transaction_id", false),
        };
        if (subject is null)
        {
            return Category().IsMatch(category)
                ? new ReportRow(record.Line, category, IsCompared: false, record.Id(idColumn), gross, fee, at)
                : throw new InvalidReportException(record.Line, "reporting_category is no category.");
        }

        var amount = isOut ? -gross : gross;
        return amount.IsNegative
            ? throw new InvalidReportException(record.Line, $"gross has the wrong sign for a {category}.")
            : new ReportRow(record.Line, subject, IsCompared: true, record.Id(idColumn), amount, fee, at);
    }

    [GeneratedRegex(@"\A[a-z][a-z_]{0,59}\z", RegexOptions.None, 100)]
    private static partial Regex Category();
}

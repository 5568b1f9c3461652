using System.Globalization;
using System.Text.RegularExpressions;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>YooKassa's registries of payments and of refunds; several of them may follow each other in one file.</summary>
/// <remarks>
/// A registry has a title, a date, a table and its sums (https://yookassa.ru/docs/support/merchant/payments/reports). Times are those of
/// Moscow. The sum without commission decides about the fee, because VAT is in it too.
/// </remarks>
internal sealed partial class YookassaReport : ReportFormat
{
    private const string PaymentId = "Идентификатор платежа";
    private const string RefundId = "Идентификатор возврата";
    private const string PaymentAmount = "Сумма платежа";
    private const string RefundAmount = "Сумма возврата";
    private const string DefaultCurrency = "RUB";

    private static readonly TimeSpan Moscow = TimeSpan.FromHours(3);
    private static readonly string[] Times = ["dd.MM.yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "dd.MM.yyyy HH:mm"];

    private bool _isOfRefunds;
    private bool _coversPayments;
    private bool _coversRefunds;
    private int _rows;

    public override string Name => "YooKassa's registry of payments or of refunds as CSV";

    public override string Marker => "Идентификатор";

    public override bool CoversPayments => _coversPayments;

    public override bool CoversRefunds => _coversRefunds;

    protected override bool IsHeader(IReadOnlyList<string> cells) =>
        cells.Any(cell => cell.Trim() is PaymentId or RefundId) && cells.Any(cell => cell.Trim() is PaymentAmount or RefundAmount);

    protected override bool IsNote(IReadOnlyList<string> cells) => cells.Count == 1 || cells.Skip(1).All(string.IsNullOrWhiteSpace);

    protected override void Begin(int line, IReadOnlyCollection<string> columns)
    {
        _isOfRefunds = columns.Contains(RefundAmount, StringComparer.Ordinal);
        _rows = 0;
        if (_isOfRefunds)
        {
            _coversRefunds = true;
            Need(line, columns, RefundId, RefundAmount, "Время возврата");
        }
        else
        {
            _coversPayments = true;
            Need(line, columns, PaymentId, PaymentAmount, "Время платежа");
        }
    }

    protected override void Note(int line, string text)
    {
        if (Count().Match(text) is not { Success: true } match)
            return;
        var expected = int.Parse(match.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        if (expected != _rows)
            throw new InvalidReportException(line, $"The registry should have {expected} rows and has {_rows}. It may be cut off.");
    }

    protected override ReportRow Row(ReportRecord record)
    {
        _rows++;
        var currency = record.Currency(record.Find(_isOfRefunds ? "Валюта возврата" : "Валюта платежа") ?? DefaultCurrency);
        var amount = record.Money(currency, _isOfRefunds ? RefundAmount : PaymentAmount);
        if (amount.IsNegative)
            throw new InvalidReportException(record.Line, "The amount is negative.");
        if (_isOfRefunds)
        {
            return new ReportRow(
                record.Line, ReportRow.Refund, IsCompared: true, record.Id(RefundId), amount, Fee: null,
                record.Time(Times, Moscow, "Время возврата"));
        }

        var commission = record.FindMoney(currency, "Сумма комиссии без НДС", "Сумма комиссии");
        var tax = record.FindMoney(currency, "НДС с комиссии");
        Money? named = commission is { } charged ? tax is { } added ? charged + added : charged : null;
        Money? fee = record.FindMoney(currency, "Сумма за вычетом комиссии и НДС", "Сумма за вычетом комиссии") is { } rest
            ? amount - rest
            : named;
        if (named is not null && fee != named)
            throw new InvalidReportException(record.Line, "The amount less the commission is not what the registry says.");
        return new ReportRow(
            record.Line, ReportRow.Payment, IsCompared: true, record.Id(PaymentId), amount, fee,
            record.Time(Times, Moscow, "Время платежа"));
    }

    [GeneratedRegex(@"^Число (платежей|возвратов):\s*(?<count>[0-9]{1,9})$", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex Count();
}

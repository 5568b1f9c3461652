using System.Globalization;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>The cells of one line of a report, by the names of their columns.</summary>
internal sealed class ReportRecord(int line, IReadOnlyDictionary<string, int> columns, IReadOnlyList<string> cells)
{
    private const NumberStyles Digits = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    public int Line => line;

    /// <summary>The text of the first of these columns that the report has, or <c>null</c>.</summary>
    public string? Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (columns.TryGetValue(name, out var at))
                return cells[at].Trim() is { Length: > 0 } text ? text : null;
        }

        return null;
    }

    public string Text(params ReadOnlySpan<string> names) =>
        Find(names) ?? throw new InvalidReportException(line, $"{names[0]} is empty.");

    /// <summary>An id of the provider. No id is a formula of a spreadsheet, because it begins with a letter or a digit.</summary>
    public string Id(params ReadOnlySpan<string> names) =>
        Text(names) is { Length: <= Payment.MaxProviderIdLength } id && char.IsAsciiLetterOrDigit(id[0])
            && id.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-')
            ? id
            : throw new InvalidReportException(line, $"{names[0]} is no id.");

    /// <summary>A code of ISO 4217, in any case.</summary>
    public Currency Currency(string code) => Domain.Currencies.Currency.Find(code.ToUpperInvariant())
        ?? throw new InvalidReportException(line, "The currency is not known.");

    /// <summary>A decimal number of units of a currency, with a sign; nothing is rounded.</summary>
    public Money? FindMoney(Currency currency, params ReadOnlySpan<string> names)
    {
        if (Find(names) is not { } text)
            return null;
        // Decimals come with a comma in some languages; no provider writes groups of thousands.
        var plain = text.Replace(',', '.');
        var wrong = $"{names[0]} is no amount in {currency.Code}.";
        // The read amount is what the text says only if both have the same digits: decimal rounds what it can't hold.
        if (plain.Length > 40 || !decimal.TryParse(plain, Digits, CultureInfo.InvariantCulture, out var amount)
            || plain.Count(character => char.IsAsciiDigit(character)) > 28
            // No movement is larger, so sums and differences of a few amounts stay below the maximum.
            || Math.Abs(amount) > LedgerLimits.MaxAmount(currency).Amount)
        {
            throw new InvalidReportException(line, wrong);
        }

        try
        {
            return Domain.Common.Money.Of(amount, currency);
        }
        catch (ArgumentException)
        {
            throw new InvalidReportException(line, wrong);
        }
    }

    public Money Money(Currency currency, params ReadOnlySpan<string> names) =>
        FindMoney(currency, names) ?? throw new InvalidReportException(line, $"{names[0]} is empty.");

    /// <summary>A time that is so many hours before UTC.</summary>
    public DateTimeOffset Time(string[] formats, TimeSpan offset, params ReadOnlySpan<string> names) =>
        DateTime.TryParseExact(Text(names), formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            // A time of the first or the last day may be none in UTC.
            && local.Year is > 1 and < 9999
            ? new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), offset).ToUniversalTime()
            : throw new InvalidReportException(line, $"{names[0]} is no time, such as {formats[0]}.");
}

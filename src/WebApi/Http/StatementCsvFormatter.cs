using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Formatters;
using Microsoft.Net.Http.Headers;
using Portico.Application.Wallets;
using Portico.Domain.Common;

namespace Portico.WebApi.Http;

/// <summary>Writes a statement as CSV (RFC 4180, UTF-8), row by row while it is read.</summary>
/// <remarks>
/// With <c>Accept: text/csv; bom=1</c> a byte order mark comes first, without which some spreadsheets do not read UTF-8.
/// The first and the last row are the opening and the closing balance. Text of users is quoted, and begins with an apostrophe if a
/// spreadsheet could read it as a formula (OWASP, CSV injection). Amounts are numbers, so their minus stays.
/// </remarks>
internal sealed class StatementCsvFormatter : TextOutputFormatter
{
    public const string MediaType = "text/csv";

    private const string Header =
        "version,createdAt,kind,amount,balance,held,currency,transferId,counterpartyId,holdId,reversesId,description\r\n";
    private const string ByteOrderMark = "\uFEFF";
    private const int FlushLength = 16 * 1024;

    public StatementCsvFormatter()
    {
        SupportedMediaTypes.Add(MediaType);
        SupportedEncodings.Add(new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    /// <summary>Whether a client asks for CSV that begins with a byte order mark.</summary>
    public static bool WantsByteOrderMark(MediaTypeHeaderValue accepted) =>
        accepted.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
            && accepted.Parameters.Any(
                parameter => parameter.Name.Equals("bom", StringComparison.OrdinalIgnoreCase) && parameter.Value == "1");

    public override async Task WriteResponseBodyAsync(OutputFormatterWriteContext context, Encoding selectedEncoding)
    {
        var statement = (StatementDto)context.Object!;
        var http = context.HttpContext;
        http.Response.ContentType = $"{MediaType}; charset=utf-8; header=present";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"statement-{statement.WalletId}.csv\"";

        await using var writer = context.WriterFactory(http.Response.Body, selectedEncoding);
        var rows = new StringBuilder(http.Features.Get<CsvByteOrderMark>() is null ? "" : ByteOrderMark).Append(Header);
        Balance(rows, statement, statement.From, "opening", statement.Opening);
        await foreach (var entry in statement.Entries.WithCancellation(http.RequestAborted))
        {
            Entry(rows, statement, entry);
            if (rows.Length < FlushLength)
                continue;
            await writer.WriteAsync(rows, http.RequestAborted);
            rows.Clear();
        }

        Balance(rows, statement, statement.To, "closing", statement.Closing);
        await writer.WriteAsync(rows, http.RequestAborted);
    }

    protected override bool CanWriteType(Type? type) => type == typeof(StatementDto);

    private static void Balance(StringBuilder rows, StatementDto statement, DateTimeOffset? at, string kind, Money balance) =>
        rows.Append(
            CultureInfo.InvariantCulture,
            $",{(at is { } instant ? UtcTimeConverter.Text(instant) : "")},{kind},,{balance.Text},,{statement.Currency},,,,,\r\n");

    private static void Entry(StringBuilder rows, StatementDto statement, EntryDto entry)
    {
        var kind = JsonNamingPolicy.CamelCase.ConvertName(entry.Kind.ToString());
        rows.Append(CultureInfo.InvariantCulture, $"{entry.Version},{UtcTimeConverter.Text(entry.CreatedAt)},{kind},");
        rows.Append(CultureInfo.InvariantCulture, $"{entry.Amount.Text},{entry.Balance.Text},{entry.Held.Text},");
        rows.Append(
            CultureInfo.InvariantCulture,
            $"{statement.Currency},{entry.TransferId},{entry.CounterpartyId},{entry.HoldId},{entry.ReversesId},");
        if (entry.Description is { } description)
            rows.Append('"').Append(Harmless(description).Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        rows.Append("\r\n");
    }

    private static string Harmless(string text) => IsFormula(text) ? $"'{text}" : text;

    // Some spreadsheets ignore leading spaces and accept the full-width forms of the signs.
    private static bool IsFormula(string text) =>
        text.Length > 0
            && (text[0] is '\t' or '\r' or '\n'
                || text.AsSpan().TrimStart() is [var first, ..] && first is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠');
}

/// <summary>The client of this request asked for a byte order mark.</summary>
internal sealed record CsvByteOrderMark;

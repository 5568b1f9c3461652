using System.Globalization;
using Portico.Domain.Common;

namespace Portico.Application.Reconciliations;

/// <summary>The errors of reconciliations.</summary>
public static class ReconciliationErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such reconciliation.");

    public static readonly Error Running = new(
        ErrorKind.Conflict, "reconciliation_running", "Another report is being compared. Wait until that ends.");

    /// <summary>The report can't be read.</summary>
    /// <param name="lines">What is wrong with each line, by its number; 0 is the file as a whole.</param>
    public static Error InvalidReport(IEnumerable<(int Line, string Problem)> lines) => new(
        ErrorKind.Validation, "invalid_report", "This is no report of the provider that can be compared. Nothing was stored.")
    {
        Fields = lines.GroupBy(line => line.Line).ToDictionary(
            line => line.Key == 0 ? "file" : string.Create(CultureInfo.InvariantCulture, $"line {line.Key}"),
            line => line.Select(each => each.Problem).ToArray(),
            StringComparer.Ordinal),
    };
}

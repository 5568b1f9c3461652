using System.Globalization;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common;
using Portico.Application.Reconciliations;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>Compares reports with the clearing accounts by set-based SQL.</summary>
/// <remarks>
/// A report is copied into an unlogged table while it arrives, and compared by one statement. Only the rows of reconciliations are written:
/// the ledger is read and not locked.
/// </remarks>
internal sealed class ReconciliationStore(AppDbContext db) : IReconciliations
{
    // The counts are right in any case. A report with more differences is the report of something else.
    private const int MaxDifferences = 100_000;

    public async Task<Result<ReconciliationDto>> Compare(
        NewReconciliation reconciliation, Stream report, CancellationToken cancellationToken)
    {
        try
        {
            return await CompareOnce(reconciliation, report, cancellationToken);
        }
        catch (PostgresException race) when (
            race.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected)
        {
            // The report was read while it arrived, so only its sender can repeat this.
            return CommonErrors.ConcurrentChange with { RetryAfter = TimeSpan.FromSeconds(1) };
        }
    }

    public async Task<ReconciliationDto?> Find(Guid id, CancellationToken cancellationToken) =>
        await Read(ReconciliationSql.Find, Summary, cancellationToken, id) is [var summary]
            ? new ReconciliationDto(
                summary,
                await Read(ReconciliationSql.Totals, Total, cancellationToken, id),
                await ReadDifferences(id, kind: null, after: 0, ReconciliationDto.MaxDifferences, cancellationToken))
            : null;

    public async Task<IReadOnlyList<ReconciliationSummaryDto>> List(Guid before, int count, CancellationToken cancellationToken) =>
        await Read(ReconciliationSql.List, Summary, cancellationToken, before, count);

    public async Task<IReadOnlyList<DifferenceDto>?> ListDifferences(
        Guid id, DifferenceKind? kind, int after, int count, CancellationToken cancellationToken) =>
        await Read(ReconciliationSql.Find, Summary, cancellationToken, id) is []
            ? null
            : await ReadDifferences(id, kind, after, count, cancellationToken);

    private async Task<Result<ReconciliationDto>> CompareOnce(
        NewReconciliation reconciliation, Stream report, CancellationToken cancellationToken)
    {
        if (await Command(ReconciliationSql.Begin).ReadValue(cancellationToken) is not true)
            return ReconciliationErrors.Running;

        ReportFormat format = reconciliation.Provider == PaymentProvider.Stripe ? new StripeReport() : new YookassaReport();
        byte[] hash;
        try
        {
            hash = await Copy(reconciliation.Id, report, format, cancellationToken);
        }
        catch (InvalidReportException wrong)
        {
            return ReconciliationErrors.InvalidReport with
            {
                Fields = wrong.Problems.GroupBy(problem => problem.Line).ToDictionary(
                    line => line.Key == 0 ? "file" : string.Create(CultureInfo.InvariantCulture, $"line {line.Key}"),
                    line => line.Select(each => each.Problem).ToArray(),
                    StringComparer.Ordinal),
            };
        }

        await Command(
            ReconciliationSql.Compare,
            reconciliation.Id,
            EnumNames<PaymentProvider>.Of(reconciliation.Provider),
            EnumNames<AccountKind>.Of(
                reconciliation.Provider == PaymentProvider.Stripe ? AccountKind.StripeClearing : AccountKind.YookassaClearing),
            reconciliation.From.ToUniversalTime(),
            reconciliation.To.ToUniversalTime(),
            format.CoversPayments,
            format.CoversRefunds,
            hash,
            new NpgsqlParameter<Guid?> { TypedValue = reconciliation.By },
            reconciliation.At,
            MaxDifferences).Execute(cancellationToken);
        await Command(ReconciliationSql.RemoveRows, reconciliation.Id).Execute(cancellationToken);
        return (await Find(reconciliation.Id, cancellationToken))!;
    }

    /// <summary>Copies the rows of the report, and gives the hash of the file.</summary>
    private async Task<byte[]> Copy(Guid id, Stream report, ReportFormat format, CancellationToken cancellationToken)
    {
        using var sha = SHA256.Create();
        await using var hashed = new CryptoStream(report, sha, CryptoStreamMode.Read, leaveOpen: true);
        await using var copy = await db.Connection().BeginBinaryImportAsync(ReconciliationSql.CopyRows, cancellationToken);
        copy.Timeout = TimeSpan.Zero;
        await foreach (var row in ReportReader.Read(hashed, format, cancellationToken))
        {
            await copy.WriteRowAsync(
                cancellationToken, id, row.Line, row.Subject, row.IsCompared, row.ProviderId, row.Amount.Currency.Code,
                row.Amount.MinorUnits, row.Fee?.MinorUnits, row.At);
        }

        await copy.CompleteAsync(cancellationToken);
        return sha.Hash!;
    }

    private Task<IReadOnlyList<DifferenceDto>> ReadDifferences(
        Guid id, DifferenceKind? kind, int after, int count, CancellationToken cancellationToken) =>
        Read(
            ReconciliationSql.Differences, Difference, cancellationToken, id, after,
            kind is { } one ? EnumNames<DifferenceKind>.Of(one) : null, count);

    private Task<IReadOnlyList<T>> Read<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object?[] values) =>
        db.WhileOpen(() => Command(sql, values).ReadAll(read, cancellationToken), cancellationToken);

    // The request limits the whole work; a limit for one statement would depend on the size of the report.
    private NpgsqlCommand Command(string sql, params object?[] values) =>
        new NpgsqlCommand(sql, db.Connection()) { CommandTimeout = 0 }.With(values);

    private static ReconciliationSummaryDto Summary(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Provider = EnumNames<PaymentProvider>.Read(row.GetString(1)),
        From = row.GetFieldValue<DateTimeOffset>(2),
        To = row.GetFieldValue<DateTimeOffset>(3),
        Covers =
        [
            .. row.GetBoolean(4) ? [ReconciledSubject.Payment] : (ReconciledSubject[])[],
            .. row.GetBoolean(5) ? [ReconciledSubject.Refund, ReconciledSubject.FailedRefund] : (ReconciledSubject[])[],
        ],
        Rows = row.GetInt32(6),
        RowsOutside = row.GetInt32(7),
        Matched = row.GetInt32(8),
        Counts = new DifferenceCountsDto(
            row.GetInt32(9), row.GetInt32(10), row.GetInt32(11), row.GetInt32(12), row.GetInt32(13), row.GetInt32(14), row.GetInt32(15)),
        FileSha256 = row.GetString(16),
        RepeatOf = row.ValueOrNull<Guid>(17),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(18),
        CreatedBy = row.ValueOrNull<Guid>(19),
    };

    private static ReconciledTotalDto Total(NpgsqlDataReader row)
    {
        var currency = Currency.Of(row.GetString(2));
        Money AmountAt(int column) => Money.OfMinorUnits(row.GetDecimal(column), currency);
        return new ReconciledTotalDto(
            row.GetString(0), row.GetBoolean(1), row.GetInt32(3), AmountAt(4), AmountAt(5), row.GetInt32(6), AmountAt(7), AmountAt(8));
    }

    private static DifferenceDto Difference(NpgsqlDataReader row) => new(
        row.GetInt32(0),
        EnumNames<DifferenceKind>.Read(row.GetString(1)),
        EnumNames<ReconciledSubject>.Read(row.GetString(2)),
        row.StringOrNull(3),
        row.ValueOrNull<Guid>(4),
        row.IsDBNull(5)
            ? null
            : new ReportedRowDto(
                row.GetInt32(5), row.GetInt32(6), AmountOf(row, 7, 8)!.Value, AmountOf(row, 7, 9), row.GetFieldValue<DateTimeOffset>(10)),
        row.IsDBNull(11)
            ? null
            : new BookedRowDto(
                row.GetGuid(11), row.GetInt32(12), AmountOf(row, 13, 14)!.Value, AmountOf(row, 13, 15),
                row.GetFieldValue<DateTimeOffset>(16)));

    private static Money? AmountOf(NpgsqlDataReader row, int currency, int amount) =>
        row.IsDBNull(amount) ? null : Money.OfMinorUnits(row.GetDecimal(amount), Currency.Of(row.GetString(currency)));
}

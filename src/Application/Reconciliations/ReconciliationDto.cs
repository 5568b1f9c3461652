using System.Diagnostics.CodeAnalysis;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Reconciliations;

/// <summary>What a difference is about.</summary>
public enum ReconciledSubject
{
    Payment,
    Refund,

    /// <summary>The return of the money of a refund that failed later.</summary>
    FailedRefund,

    /// <summary>A journal of the clearing account that belongs to no payment.</summary>
    Journal,
}

/// <summary>How a report and the clearing account differ.</summary>
public enum DifferenceKind
{
    /// <summary>The report has it in the period, and it was booked after the period.</summary>
    Late,

    /// <summary>The report has it, and it is not booked.</summary>
    MissingHere,

    /// <summary>It is booked in the period, and the report does not have it.</summary>
    MissingThere,

    /// <summary>The report has it more than once, or it is booked more than once.</summary>
    Twice,

    /// <summary>The amounts are in two currencies.</summary>
    WrongCurrency,

    /// <summary>The amounts differ.</summary>
    WrongAmount,

    /// <summary>The fees differ.</summary>
    WrongFee,
}

/// <summary>How many differences of each kind there are.</summary>
/// <param name="Late">Booked after the period.</param>
/// <param name="MissingHere">In the report, not booked.</param>
/// <param name="MissingThere">Booked, not in the report.</param>
/// <param name="Twice">In the report or booked more than once.</param>
/// <param name="WrongCurrency">In two currencies.</param>
/// <param name="WrongAmount">With two amounts.</param>
/// <param name="WrongFee">With two fees.</param>
public sealed record DifferenceCountsDto(
    int Late, int MissingHere, int MissingThere, int Twice, int WrongCurrency, int WrongAmount, int WrongFee)
{
    /// <summary>The number of all differences.</summary>
    public int Total => Late + MissingHere + MissingThere + Twice + WrongCurrency + WrongAmount + WrongFee;
}

/// <summary>What a report and the clearing account have of one kind of row in one currency, in the period.</summary>
/// <param name="Name">payment, refund, failedRefund or journal; else the provider's name of rows that are not compared.</param>
/// <param name="Compared">Whether these rows were compared.</param>
/// <param name="ReportedCount">How many rows the report has.</param>
/// <param name="Reported">Their amount; of rows that are not compared with its sign.</param>
/// <param name="ReportedFee">Their fees.</param>
/// <param name="BookedCount">How many are booked.</param>
/// <param name="Booked">Their amount.</param>
/// <param name="BookedFee">Their fees.</param>
public sealed record ReconciledTotalDto(
    string Name, bool Compared, int ReportedCount, Money Reported, Money ReportedFee, int BookedCount, Money Booked, Money BookedFee);

/// <summary>What the report says of a payment or a refund.</summary>
/// <param name="Line">The line of the file.</param>
/// <param name="Times">How many rows the report has of it.</param>
/// <param name="Amount">The amount of the first row.</param>
/// <param name="Fee">Its fee; null when the report has none.</param>
/// <param name="At">Its time.</param>
public sealed record ReportedRowDto(int Line, int Times, Money Amount, Money? Fee, DateTimeOffset At);

/// <summary>What the ledger has of a payment or a refund.</summary>
/// <param name="JournalId">The journal; its receipt is that of a transfer.</param>
/// <param name="Times">How many journals there are.</param>
/// <param name="Amount">The amount of the first journal.</param>
/// <param name="Fee">The fee that is booked; null when none is.</param>
/// <param name="At">When it was booked.</param>
public sealed record BookedRowDto(Guid JournalId, int Times, Money Amount, Money? Fee, DateTimeOffset At);

/// <summary>One difference between a report and the clearing account.</summary>
/// <param name="Number">Its number in the reconciliation.</param>
/// <param name="Kind">How they differ.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="ProviderId">The provider's id; null for a journal that belongs to no payment.</param>
/// <param name="PaymentId">The payment; null when none is known.</param>
/// <param name="Reported">What the report says; null when it says nothing.</param>
/// <param name="Booked">What is booked; null when nothing is.</param>
/// <example>
/// {"number":1,"kind":"wrongAmount","subject":"payment","providerId":"pi_3PqRc2Lk","paymentId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd",
/// "reported":{"line":2,"times":1,"amount":{"amount":"90.00","currency":"EUR"},"fee":{"amount":"3.20","currency":"EUR"},
/// "at":"2026-11-21T10:00:00.000Z"},"booked":{"journalId":"01a1fc7e-e7a1-7abc-aa3f-8ae82c4c4ddd","times":1,
/// "amount":{"amount":"100.00","currency":"EUR"},"fee":{"amount":"3.20","currency":"EUR"},"at":"2026-11-21T10:00:02.123Z"}}
/// </example>
public sealed record DifferenceDto(
    int Number, DifferenceKind Kind, ReconciledSubject Subject, string? ProviderId, Guid? PaymentId, ReportedRowDto? Reported,
    BookedRowDto? Booked);

/// <summary>A comparison of a provider's report with its clearing account.</summary>
public record ReconciliationSummaryDto
{
    public required Guid Id { get; init; }
    public required PaymentProvider Provider { get; init; }

    /// <summary>The begin of the period.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The end of the period, which is not in it.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>What the report lists: payments, refunds or both. What it does not list is not compared.</summary>
    public required IReadOnlyList<ReconciledSubject> Covers { get; init; }

    /// <summary>How many rows the report has.</summary>
    public required int Rows { get; init; }

    /// <summary>How many of them have a time outside the period.</summary>
    public required int RowsOutside { get; init; }

    /// <summary>How many payments and refunds of the report are booked exactly so.</summary>
    public required int Matched { get; init; }

    public required DifferenceCountsDto Counts { get; init; }

    /// <summary>The SHA-256 of the file, in hexadecimal digits.</summary>
    public required string FileSha256 { get; init; }

    /// <summary>The last earlier comparison of the same file; null when there is none.</summary>
    public required Guid? RepeatOf { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required Guid? CreatedBy { get; init; }
}

/// <summary>A comparison of a provider's report with its clearing account, with its first differences.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a3-7915-aa3f-8ae82c4c4ddd","provider":"stripe","from":"2026-11-21T00:00:00.000Z","to":"2026-11-22T00:00:00.000Z",
/// "covers":["payment","refund","failedRefund"],"rows":2,"rowsOutside":0,"matched":1,
/// "counts":{"late":0,"missingHere":0,"missingThere":0,"twice":0,"wrongCurrency":0,"wrongAmount":1,"wrongFee":0,"total":1},
/// "fileSha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","repeatOf":null,
/// "createdAt":"2026-11-22T06:00:00.000Z","createdBy":"01a1fc7e-0002-7915-aa3f-8ae82c4c4ddd",
/// "totals":[{"name":"payment","compared":true,"reportedCount":1,"reported":{"amount":"90.00","currency":"EUR"},
/// "reportedFee":{"amount":"3.20","currency":"EUR"},"bookedCount":1,"booked":{"amount":"100.00","currency":"EUR"},
/// "bookedFee":{"amount":"3.20","currency":"EUR"}}],
/// "differences":[{"number":1,"kind":"wrongAmount","subject":"payment","providerId":"pi_3PqRc2Lk",
/// "paymentId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","reported":{"line":2,"times":1,"amount":{"amount":"90.00","currency":"EUR"},
/// "fee":{"amount":"3.20","currency":"EUR"},"at":"2026-11-21T10:00:00.000Z"},"booked":{
/// "journalId":"01a1fc7e-e7a1-7abc-aa3f-8ae82c4c4ddd","times":1,"amount":{"amount":"100.00","currency":"EUR"},
/// "fee":{"amount":"3.20","currency":"EUR"},"at":"2026-11-21T10:00:02.123Z"}}]}
/// </example>
public sealed record ReconciliationDto : ReconciliationSummaryDto
{
    /// <summary>How many differences the answer has; the others are read page by page.</summary>
    public const int MaxDifferences = 100;

    [SetsRequiredMembers]
    public ReconciliationDto(
        ReconciliationSummaryDto summary, IReadOnlyList<ReconciledTotalDto> totals, IReadOnlyList<DifferenceDto> differences)
        : base(summary) => (Totals, Differences) = (totals, differences);

    /// <summary>The sums of the period, by kind of row and currency.</summary>
    public IReadOnlyList<ReconciledTotalDto> Totals { get; }

    /// <summary>The first 100 differences.</summary>
    public IReadOnlyList<DifferenceDto> Differences { get; }
}

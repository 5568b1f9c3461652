using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Reconciliations;

/// <summary>A comparison that is to be made.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Provider">Whose report it is.</param>
/// <param name="From">The begin of the period.</param>
/// <param name="To">The end of the period, which is not in it.</param>
/// <param name="By">Who asked for it.</param>
/// <param name="At">When.</param>
public sealed record NewReconciliation(
    Guid Id, PaymentProvider Provider, DateTimeOffset From, DateTimeOffset To, Guid? By, DateTimeOffset At);

/// <summary>Compares reports of payment providers with the clearing accounts, and keeps what was found.</summary>
public interface IReconciliations
{
    /// <summary>Compares a report in the open transaction, one at a time. It reads the ledger without locking it.</summary>
    /// <param name="reconciliation">What is compared.</param>
    /// <param name="report">The file, read once while it arrives.</param>
    /// <param name="cancellationToken">Cancels the comparison.</param>
    /// <returns>What was found; an error when the file can't be read, or while another one is compared.</returns>
    Task<Result<ReconciliationDto>> Compare(NewReconciliation reconciliation, Stream report, CancellationToken cancellationToken);

    /// <summary>Reads a reconciliation with its first differences.</summary>
    Task<ReconciliationDto?> Find(Guid id, CancellationToken cancellationToken);

    /// <summary>Reads the reconciliations before one, newest first.</summary>
    Task<IReadOnlyList<ReconciliationSummaryDto>> List(Guid before, int count, CancellationToken cancellationToken);

    /// <summary>Reads the differences after a number, of one kind or of all; <c>null</c> when there is no such reconciliation.</summary>
    Task<IReadOnlyList<DifferenceDto>?> ListDifferences(
        Guid id, DifferenceKind? kind, int after, int count, CancellationToken cancellationToken);
}

using System.Runtime.CompilerServices;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>The parts that a caller asked for; they are read while the page is written.</summary>
public sealed class DashboardPage(IReadOnlyList<DashboardPart> parts, IPartReader reader)
{
    public IReadOnlyList<DashboardPart> Parts { get; } = parts;

    /// <summary>Reads all parts at the same time.</summary>
    /// <returns>All parts, in their order. A failed part never fails the page.</returns>
    /// <inheritdoc cref="ReadEach" path="/param"/>
    public Task<PartAnswer[]> ReadAll(TimeSpan deadline, CancellationToken cancellationToken) =>
        Task.WhenAll(Begin(deadline, cancellationToken));

    /// <summary>Reads all parts at the same time, and gives each as soon as it is ready.</summary>
    /// <param name="deadline">How long the whole page may take; each part has its share of it.</param>
    /// <param name="cancellationToken">Ends the reads of a caller who is gone.</param>
    /// <returns>The parts in the order in which they are ready. A failed part never fails the page.</returns>
    public async IAsyncEnumerable<PartAnswer> ReadEach(TimeSpan deadline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var read in Task.WhenEach(Begin(deadline, cancellationToken)).WithCancellation(cancellationToken))
            yield return await read;
    }

    private Task<PartAnswer>[] Begin(TimeSpan deadline, CancellationToken cancellationToken) =>
        [.. Parts.Select(part => reader.Read(part, deadline, cancellationToken))];
}

/// <summary>Reads parts of the dashboard, each within its share of the deadline.</summary>
/// <remarks>
/// Equal reads of one caller at the same time are one read. Answers are kept per caller and never given to another one. Thread-safe.
/// </remarks>
public interface IPartReader
{
    /// <summary>Reads a part for the current caller.</summary>
    /// <exception cref="OperationCanceledException">The caller is gone. Nothing else is thrown.</exception>
    Task<PartAnswer> Read(DashboardPart part, TimeSpan deadline, CancellationToken cancellationToken);
}

/// <summary>How a part of the dashboard was read.</summary>
public enum PartStatus
{
    /// <summary>Read for this page.</summary>
    Ok = 1,

    /// <summary>The read failed or was late, and this is the last good copy.</summary>
    Stale = 2,

    /// <summary>The read failed or was late, and there is no copy.</summary>
    Failed = 3,
}

/// <summary>One part as it was read.</summary>
/// <param name="Part">The part.</param>
/// <param name="Status">How it was read.</param>
/// <param name="Json">The value; empty when the part failed.</param>
/// <param name="Age">How old the value is.</param>
/// <param name="Duration">How long this caller waited for it.</param>
/// <param name="Error">Why the read failed; <c>null</c> when it did not.</param>
public sealed record PartAnswer(
    DashboardPart Part, PartStatus Status, ReadOnlyMemory<byte> Json, TimeSpan Age, TimeSpan Duration, Error? Error);

/// <summary>Why a part of the dashboard is missing or stale.</summary>
public static class DashboardErrors
{
    public static readonly Error PartTimeout =
        new(ErrorKind.Unavailable, "part_timeout", "This part was not ready in time. Load the page again later.");

    public static readonly Error PartUnavailable =
        new(ErrorKind.Unavailable, "part_unavailable", "The service behind this part does not answer. Load the page again later.");

    public static readonly Error PartFailed =
        new(ErrorKind.Unavailable, "part_failed", "Something went wrong on our side in this part of the page.");
}

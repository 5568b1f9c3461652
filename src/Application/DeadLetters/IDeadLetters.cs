namespace Portico.Application.DeadLetters;

/// <summary>The dead letters: events that a handler could not handle, and messages that were rejected or given up.</summary>
public interface IDeadLetters
{
    /// <summary>Lists dead letters, oldest first.</summary>
    /// <param name="kind">Only of this kind.</param>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    Task<IReadOnlyList<DeadLetterDto>> List(
        DeadLetterKind? kind, DeadLetterPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Finds a dead letter with its content.</summary>
    Task<DeadLetterContentDto?> Find(Guid id, CancellationToken cancellationToken);

    /// <summary>Asks a server to handle or send it again, when the open transaction is committed.</summary>
    /// <returns>Whether there is such a dead letter.</returns>
    Task<bool> Replay(Guid id, CancellationToken cancellationToken);

    /// <summary>Deletes it permanently, with the open transaction.</summary>
    /// <returns>Whether there was such a dead letter.</returns>
    Task<bool> Drop(Guid id, CancellationToken cancellationToken);
}

/// <summary>The last dead letter of a page.</summary>
public sealed record DeadLetterPosition(DateTimeOffset DiedAt, Guid Id);

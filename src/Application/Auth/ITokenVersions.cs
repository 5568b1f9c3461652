namespace Portico.Application.Auth;

/// <summary>Tells access tokens of today from those that a new password, another role, a block or a deletion has killed.</summary>
/// <remarks>
/// From memory for at most 1 s: a change kills tokens at once in the process that made it, within 1 s in the others. While
/// PostgreSQL is away what was last known stands, and a person of whom nothing is known keeps their tokens for their short life.
/// </remarks>
public interface ITokenVersions
{
    /// <summary>Whether the person may still use tokens that carry this epoch.</summary>
    ValueTask<bool> Accepts(Guid userId, int epoch, CancellationToken cancellationToken);
}

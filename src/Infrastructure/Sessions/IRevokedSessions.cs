namespace Portico.Infrastructure.Sessions;

/// <summary>The sessions that ended while an access token of them may still be valid.</summary>
public interface IRevokedSessions
{
    /// <summary>Whether the session has ended; from memory, at most 1 s old, so that a token check needs no network call.</summary>
    ValueTask<bool> Contains(Guid sessionId, CancellationToken cancellationToken);
}

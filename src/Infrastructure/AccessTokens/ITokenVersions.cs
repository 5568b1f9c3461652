namespace Portico.Infrastructure.AccessTokens;

/// <summary>Checks the token version: a new password, a new role, a block or a deletion makes older access tokens invalid.</summary>
/// <remarks>
/// Answers come from memory and are at most 1 s old: a change acts at once in the process that made it, within 1 s in the others.
/// While PostgreSQL is unavailable the last known version counts; the tokens of a user without a known version stay valid until they
/// expire.
/// </remarks>
public interface ITokenVersions
{
    /// <summary>Whether access tokens of the user with this token version (claim <c>epoch</c>) are still valid.</summary>
    ValueTask<bool> Accepts(Guid userId, int epoch, CancellationToken cancellationToken);
}

using Npgsql;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>Reads the signing keys.</summary>
/// <remarks>
/// Without EF Core, whose model takes a third of the processor time of a start: every process reads the keys before it serves.
/// </remarks>
public static class SigningKeyList
{
    private const string Sql = """
        SELECT id, algorithm, state, sealed_key, published_at, ready_at, signs_since, published_until
        FROM identity.signing_keys ORDER BY published_at
        """;

    /// <summary>Reads all keys, sealed, the oldest first.</summary>
    /// <param name="createCommand">Creates a command on the database.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public static Task<IReadOnlyList<SigningKey>> ReadAsync(
        Func<string, NpgsqlCommand> createCommand, CancellationToken cancellationToken) =>
        createCommand(Sql).ReadAll(SigningKey.Of, cancellationToken);
}

using System.Collections.Frozen;
using Npgsql;
using Portico.Application.Common;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Postgres;

/// <summary>A unique index, or a trigger that checks other rows, which protects against two concurrent writers.</summary>
/// <param name="Name">The name of the index in the database, or of the constraint that the trigger names.</param>
/// <param name="Error">The error for the second writer; <c>null</c> means that its transaction is tried again.</param>
internal sealed record UniqueKey(string Name, Error? Error);

/// <summary>The unique indexes and triggers that the features registered.</summary>
internal sealed class UniqueKeys(IEnumerable<UniqueKey> keys)
{
    private readonly FrozenDictionary<string, UniqueKey> _keys = keys.ToFrozenDictionary(key => key.Name, StringComparer.Ordinal);

    /// <summary>The registered index or trigger that a failure violates; <c>null</c> for any other failure.</summary>
    public UniqueKey? ViolatedBy(Exception failure) =>
        Causes.Of(failure).OfType<PostgresException>().FirstOrDefault()
            is { SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.CheckViolation } violation
            ? _keys.GetValueOrDefault(violation.ConstraintName ?? "")
            : null;
}

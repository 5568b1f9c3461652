using Npgsql;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Inserts ledger accounts.</summary>
public static class AccountRows
{
    /// <summary>The command that inserts empty accounts; existing accounts stay unchanged.</summary>
    public static NpgsqlCommand Insert(IReadOnlyCollection<Account> accounts) => new NpgsqlCommand(
        """
        INSERT INTO ledger.accounts (id, kind, owner_id, currency, status, posted, held, min_available, version, recorded_at, is_limited)
        SELECT u.id, u.kind, u.owner_id, u.currency, 'open', 0, 0, u.min_available, 0, u.recorded_at,
            EXISTS (SELECT FROM ledger.spending_limits WHERE subject_id = u.owner_id)
        FROM unnest($1, $2, $3, $4, $5, $6) AS u (id, kind, owner_id, currency, min_available, recorded_at)
        ON CONFLICT DO NOTHING
        """).With(
        accounts.Select(a => a.Id).ToArray(), accounts.Select(a => EnumNames<AccountKind>.Of(a.Kind)).ToArray(),
        accounts.Select(a => a.OwnerId).ToArray(), accounts.Select(a => a.Currency.Code).ToArray(),
        accounts.Select(a => a.MinAvailable?.MinorUnits).ToArray(), accounts.Select(a => a.RecordedAt).ToArray());

    /// <summary>Adds the missing system accounts of all currencies in the reference data.</summary>
    /// <returns>The number of added accounts.</returns>
    public static async Task<int> EnsureSystemAccounts(NpgsqlDataSource database, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var command = Insert([.. SystemAccounts.All(now)]);
        command.Connection = connection;
        return await command.Execute(cancellationToken);
    }
}

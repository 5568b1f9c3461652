using Npgsql;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Schema;

/// <summary>Checks that the database knows the upper and lower case of all letters, without which searches miss records.</summary>
internal static class DatabaseLocale
{
    public const string Default = "C.UTF-8";

    /// <exception cref="MigratorException">The encoding is not UTF8, or the locale knows only ASCII letters.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (encoding, letters) = await ReadAsync(connection, cancellationToken);
        // Asked, because each provider of locales describes them in its own way.
        await using var command = new NpgsqlCommand("SELECT lower($1) = $2", connection).With("\u0418", "\u0438");
        if (encoding != "UTF8" || await command.ExecuteScalarAsync(cancellationToken) is not true)
            throw new MigratorException(
                $"The database {connection.Database} has the encoding {encoding} and LC_CTYPE '{letters}', which know upper and lower case "
                + $"of ASCII letters only, so that searches would miss records. Create it with ENCODING 'UTF8' LOCALE '{Default}', or let "
                + "`up` create it with ConnectionStrings:Bootstrap. A dump of this one can be restored into it.");
    }

    private static async Task<(string Encoding, string Letters)> ReadAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetString(0), reader.GetString(1));
    }
}

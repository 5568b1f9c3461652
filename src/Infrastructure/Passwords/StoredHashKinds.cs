using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Passwords;

/// <summary>Reads the kinds of the stored password hashes for <see cref="PasswordHashing"/>, at the start and once an hour.</summary>
/// <remarks>It removes a kind when no hash has it any more. A new kind is added when a hash of it is verified for the first time.</remarks>
internal sealed partial class StoredHashKinds(
    NpgsqlDataSource database, PasswordHashing hashing, TimeProvider clock, ILogger<StoredHashKinds> logger)
    : PeriodicService(TimeSpan.FromHours(1), clock, logger)
{
    private const int MaxRead = 100;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    // Groups by the text before the salt: PHC format without its last two fields, bcrypt up to the cost, Identity's first 12 bytes.
    private const string Sql = """
        SELECT min(password_hash) FROM identity.credentials WHERE password_hash IS NOT NULL
        GROUP BY CASE
            WHEN password_hash LIKE '$2%' THEN left(password_hash, 7)
            WHEN password_hash LIKE '$%' THEN regexp_replace(password_hash, '\$[^$]*\$[^$]*$', '')
            ELSE left(password_hash, 16)
        END ORDER BY count(*) DESC LIMIT $1
        """;

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        // When this round fails; ended by a success.
        WakeAfter(RetryInterval);
        var hashes = await database.CreateCommand(Sql).With(MaxRead).ReadAll(row => row.GetString(0), cancellationToken);
        if (hashing.SetStoredKinds(hashes) is var more and > 0)
            LogTooMany(more, PasswordHashing.MaxKinds);
        WakeAfter(Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Count} more kinds of password hashes are stored than the {Max} that every sign-in computes; the time can reveal their accounts")]
    private partial void LogTooMany(int count, int max);
}

using System.Security.Cryptography;
using System.Text;
using Npgsql;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;

namespace Portico.Infrastructure.SignIn;

/// <summary>The known devices and networks of users in PostgreSQL, at most 20 of each for each user.</summary>
internal sealed class KnownDevices(AppDbContext db, NpgsqlDataSource database, Pseudonyms pseudonyms) : IKnownDevices
{
    private const int MaxPerUser = 20;

    public Task<(bool IsKnown, bool IsUnchanged)> Recognise(User user, Device device, CancellationToken cancellationToken) => database
        .CreateCommand(
            """
            SELECT EXISTS (SELECT FROM known_devices WHERE user_id = $1 AND fingerprint = $2)
                       AND EXISTS (SELECT FROM known_networks WHERE user_id = $1 AND network = $7),
                   EXISTS (SELECT FROM users WHERE id = $1 AND version = $3 AND session_version = $4 AND epoch = $5 AND role = $6
                       AND status = 'active' AND deleted_at IS NULL)
            """)
        .With(
            user.Id, Fingerprint(user.Id, device), user.Version, user.SessionVersion, user.Epoch, EnumNames<Role>.Of(user.Role),
            pseudonyms.Of(device.IpAddress))
        .ReadFirst(row => (row.GetBoolean(0), row.GetBoolean(1)), cancellationToken);

    public async Task<bool> Remember(Guid userId, Device device, CancellationToken cancellationToken)
    {
        await Add("known_networks", "network", userId, pseudonyms.Of(device.IpAddress), cancellationToken);
        return await Add("known_devices", "fingerprint", userId, Fingerprint(userId, device), cancellationToken)
            && await db.CreateCommand("SELECT count(*) FROM known_devices WHERE user_id = $1")
                .With(userId).ReadValue(cancellationToken) is > 1L;
    }

    /// <summary>Adds a value, and removes the oldest of too many.</summary>
    /// <returns>Whether it is new. Of two sign-ins at the same time the second waits here for the first, and adds nothing.</returns>
    private async Task<bool> Add(string table, string column, Guid userId, object value, CancellationToken cancellationToken)
    {
        if (await db.CreateCommand($"INSERT INTO {table} (user_id, {column}) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .With(userId, value).Execute(cancellationToken) == 0)
            return false;

        await db.CreateCommand(
            $"""
            DELETE FROM {table} WHERE user_id = $1 AND {column} IN (
                SELECT {column} FROM {table} WHERE user_id = $1 ORDER BY seen_at DESC OFFSET {MaxPerUser})
            """).With(userId).Execute(cancellationToken);
        return true;
    }

    /// <summary>What follows the id of the user in the text of a fingerprint.</summary>
    internal static string FingerprintText(Device device) => $"|{device.Name}|{device.Network}";

    private static byte[] Fingerprint(Guid userId, Device device) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(userId + FingerprintText(device)));
}

using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
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
        var network = pseudonyms.Of(device.IpAddress);
        await db.Database.ExecuteSqlAsync(
            $"INSERT INTO known_networks (user_id, network) VALUES ({userId}, {network}) ON CONFLICT DO NOTHING", cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            DELETE FROM known_networks WHERE user_id = {userId} AND network IN (
                SELECT network FROM known_networks WHERE user_id = {userId} ORDER BY seen_at DESC OFFSET {MaxPerUser})
            """,
            cancellationToken);

        // Of two concurrent sign-ins on the same device the second waits here for the first, and adds nothing.
        var fingerprint = Fingerprint(userId, device);
        var added = await db.Database.ExecuteSqlAsync(
            $"INSERT INTO known_devices (user_id, fingerprint) VALUES ({userId}, {fingerprint}) ON CONFLICT DO NOTHING", cancellationToken);
        if (added == 0)
            return false;

        await db.Database.ExecuteSqlAsync(
            $"""
            DELETE FROM known_devices WHERE user_id = {userId} AND fingerprint IN (
                SELECT fingerprint FROM known_devices WHERE user_id = {userId} ORDER BY seen_at DESC OFFSET {MaxPerUser})
            """,
            cancellationToken);
        return await db.Database.SqlQuery<long>($"SELECT count(*) AS \"Value\" FROM known_devices WHERE user_id = {userId}")
            .SingleAsync(cancellationToken) > 1;
    }

    /// <summary>What follows the id of the user in the text of a fingerprint.</summary>
    internal static string FingerprintText(Device device) => $"|{device.Name}|{device.Network}";

    private static byte[] Fingerprint(Guid userId, Device device) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(userId + FingerprintText(device)));
}

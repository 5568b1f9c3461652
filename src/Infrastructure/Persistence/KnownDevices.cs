using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;

namespace Portico.Infrastructure.Persistence;

internal sealed class KnownDevices(AppDbContext db) : IKnownDevices
{
    private const int MaxPerUser = 20;

    public async Task<bool> Knows(Guid userId, Device device, CancellationToken cancellationToken)
    {
        var fingerprint = Fingerprint(userId, device);
        return await db.Database
            .SqlQuery<bool>($"SELECT EXISTS (SELECT FROM known_devices WHERE user_id = {userId} AND fingerprint = {fingerprint}) AS \"Value\"")
            .SingleAsync(cancellationToken);
    }

    public async Task<bool> Remember(Guid userId, Device device, CancellationToken cancellationToken)
    {
        // Of two sign-ins at once on the same device the second waits here for the first, and adds nothing.
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
        return await db.Database.SqlQuery<long>($"SELECT count(*) AS \"Value\" FROM known_devices WHERE user_id = {userId}").SingleAsync(cancellationToken) > 1;
    }

    private static byte[] Fingerprint(Guid userId, Device device) => SHA256.HashData(Encoding.UTF8.GetBytes($"{userId}|{device.Name}|{device.Network}"));
}

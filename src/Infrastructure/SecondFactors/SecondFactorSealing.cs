using Microsoft.EntityFrameworkCore;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.SecondFactors;

/// <summary>Seals the secrets of authenticator apps with the current sealing key, after it was exchanged.</summary>
public static class SecondFactorSealing
{
    private const int BatchSize = 500;

    /// <summary>Seals every secret that another sealing key has sealed, in batches.</summary>
    /// <returns>The number of secrets that were sealed again.</returns>
    /// <exception cref="SealedKeyException">A secret can't be opened with the sealing keys of the settings.</exception>
    public static async Task<int> ResealSecrets(this AppDbContext db, KeySealing sealing, CancellationToken cancellationToken)
    {
        var resealed = 0;
        var after = Guid.Empty;
        while (true)
        {
            var rows = await db.Database.SqlQuery<SecretRow>(
                $"SELECT user_id, secret FROM identity.totp WHERE user_id > {after} ORDER BY user_id LIMIT {BatchSize}")
                .ToListAsync(cancellationToken);
            foreach (var row in rows.Where(row => !sealing.IsOfToday(row.Secret)))
            {
                var purpose = SecondFactorStore.Purpose(row.UserId);
                var again = sealing.Seal(sealing.Open(row.Secret, purpose), purpose);
                // A secret that was replaced meanwhile is sealed with the current key already.
                resealed += await db.Database.ExecuteSqlAsync(
                    $"UPDATE identity.totp SET secret = {again} WHERE user_id = {row.UserId} AND secret = {row.Secret}", cancellationToken);
            }

            if (rows.Count < BatchSize)
                return resealed;
            after = rows[^1].UserId;
        }
    }

    private sealed record SecretRow(Guid UserId, byte[] Secret);
}

using Npgsql;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;

namespace Portico.Infrastructure.SignIn;

/// <summary>Tells whether the owner of an address has signed in from a client before: from its network, or with the device.</summary>
internal sealed class KnownClients(NpgsqlDataSource database, Pseudonyms pseudonyms)
{
    public async Task<bool> Contains(ContactAddress address, IClient client, CancellationToken cancellationToken)
    {
        var device = Device.Of(client);
        var column = address.Kind == ContactKind.Email ? "email" : "phone";
        return (bool)(await database.CreateCommand(
            $"""
            SELECT EXISTS (
                SELECT FROM users u
                WHERE u.{column} = $1 AND (
                    EXISTS (SELECT FROM known_networks n WHERE n.user_id = u.id AND n.network = $2)
                    OR EXISTS (
                        SELECT FROM known_devices d
                        WHERE d.user_id = u.id AND d.fingerprint = sha256(convert_to(u.id || $3, 'UTF8')))))
            """)
            .With(address.Value, pseudonyms.Of(client.IpAddress), KnownDevices.FingerprintText(device))
            .ReadValue(cancellationToken))!;
    }
}

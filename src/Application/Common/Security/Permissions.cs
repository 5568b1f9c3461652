using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>Every permission there is, and the roles that grant it.</summary>
/// <remarks>The code is the one source; the Seeder mirrors it into the database for reports and other readers.</remarks>
public static class Permissions
{
    public const string UsersRead = "users.read";
    public const string AuditRead = "audit.read";
    public const string RecordsReadDeleted = "records.read-deleted";

    private static readonly Dictionary<string, Role> LowestRole = new(StringComparer.Ordinal)
    {
        [UsersRead] = Role.Admin,
        [AuditRead] = Role.Admin,
        [RecordsReadDeleted] = Role.Admin,
    };

    public static IReadOnlyCollection<string> All => LowestRole.Keys;

    /// <summary>The permissions of a role, those of the roles that it implies included, in ordinal order.</summary>
    public static IReadOnlyList<string> Of(Role role) => ByRole[role];

    private static readonly Dictionary<Role, string[]> ByRole = Enum.GetValues<Role>().ToDictionary(
        role => role,
        role => LowestRole.Where(grant => grant.Value <= role).Select(grant => grant.Key).Order(StringComparer.Ordinal).ToArray());
}

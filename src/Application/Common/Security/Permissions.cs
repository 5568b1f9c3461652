using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>Every permission there is, and the roles that grant it.</summary>
/// <remarks>The code is the one source; the Seeder mirrors it into the database for reports and other readers.</remarks>
public static class Permissions
{
    public const string UsersRead = "users.read";
    public const string UsersManage = "users.manage";
    public const string AuditRead = "audit.read";
    public const string EventsWrite = "events.write";
    public const string ForecastsReadAll = "forecasts.read-all";
    public const string RecordsReadDeleted = "records.read-deleted";

    public const string MoneyRead = "money.read";
    public const string MoneyDeposit = "money.deposit";
    public const string MoneyWithdraw = "money.withdraw";
    public const string MoneyReverse = "money.reverse";

    /// <summary>Reads the books as a whole and has them verified.</summary>
    public const string LedgerAudit = "ledger.audit";

    private static readonly Dictionary<string, Role> LowestRole = new(StringComparer.Ordinal)
    {
        [UsersRead] = Role.Admin,
        [UsersManage] = Role.Admin,
        [AuditRead] = Role.Admin,
        [RecordsReadDeleted] = Role.Admin,
        [MoneyRead] = Role.Manager,
        [MoneyDeposit] = Role.Manager,
        [MoneyWithdraw] = Role.Manager,
        [MoneyReverse] = Role.Manager,
        [LedgerAudit] = Role.Admin,
        [EventsWrite] = Role.Manager,
        [ForecastsReadAll] = Role.Manager,
    };

    public static IReadOnlyCollection<string> All => LowestRole.Keys;

    /// <summary>The permissions of a role, those of the roles that it implies included, in ordinal order.</summary>
    public static IReadOnlyList<string> Of(Role role) => ByRole[role];

    private static readonly Dictionary<Role, string[]> ByRole = Enum.GetValues<Role>().ToDictionary(
        role => role,
        role => LowestRole.Where(grant => grant.Value <= role).Select(grant => grant.Key).Order(StringComparer.Ordinal).ToArray());
}

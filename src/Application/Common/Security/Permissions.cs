using Portico.Domain.Users;

namespace Portico.Application.Common.Security;

/// <summary>All permissions, and the roles that hold them.</summary>
/// <remarks>The code is the only source. The Seeder copies it into the database for reports and other readers.</remarks>
public static class Permissions
{
    public const string UsersRead = "users.read";
    public const string UsersManage = "users.manage";
    public const string AuditRead = "audit.read";
    /// <summary>Reads, replays and drops dead letters.</summary>
    public const string DeadLettersManage = "dead-letters.manage";

    /// <summary>Reads and changes the signing keys.</summary>
    public const string SigningKeysManage = "signing-keys.manage";

    /// <summary>Reads how the process works now.</summary>
    public const string OperationRead = "operation.read";

    public const string EventsWrite = "events.write";
    public const string ForecastsReadAll = "forecasts.read-all";
    public const string RecordsReadDeleted = "records.read-deleted";

    public const string MoneyRead = "money.read";
    public const string MoneyDeposit = "money.deposit";
    public const string MoneyWithdraw = "money.withdraw";
    public const string MoneyReverse = "money.reverse";

    /// <summary>Sets spending limits of users with a lower role.</summary>
    public const string LimitsWrite = "limits.write";

    /// <summary>Returns money of payments through their provider.</summary>
    public const string PaymentsRefund = "payments.refund";

    /// <summary>Reads and retries notifications of payment providers.</summary>
    public const string WebhooksManage = "webhooks.manage";

    public const string ExchangeRatesWrite = "exchange-rates.write";

    /// <summary>Reads the trial balance and verifies the ledger.</summary>
    public const string LedgerAudit = "ledger.audit";

    private static readonly Dictionary<string, Role> LowestRole = new(StringComparer.Ordinal)
    {
        [UsersRead] = Role.Admin,
        [UsersManage] = Role.Admin,
        [AuditRead] = Role.Admin,
        [DeadLettersManage] = Role.Admin,
        [SigningKeysManage] = Role.Admin,
        [OperationRead] = Role.Admin,
        [RecordsReadDeleted] = Role.Admin,
        [MoneyRead] = Role.Manager,
        [MoneyDeposit] = Role.Manager,
        [MoneyWithdraw] = Role.Manager,
        [MoneyReverse] = Role.Manager,
        [LimitsWrite] = Role.Manager,
        [PaymentsRefund] = Role.Manager,
        [WebhooksManage] = Role.Manager,
        [ExchangeRatesWrite] = Role.Manager,
        [LedgerAudit] = Role.Admin,
        [EventsWrite] = Role.Manager,
        [ForecastsReadAll] = Role.Manager,
    };

    public static IReadOnlyCollection<string> All => LowestRole.Keys;

    /// <summary>The permissions of a role and of the roles that it includes, in ordinal order.</summary>
    public static IReadOnlyList<string> Of(Role role) => ByRole[role];

    private static readonly Dictionary<Role, string[]> ByRole = Enum.GetValues<Role>().ToDictionary(
        role => role,
        role => LowestRole.Where(grant => grant.Value <= role).Select(grant => grant.Key).Order(StringComparer.Ordinal).ToArray());
}

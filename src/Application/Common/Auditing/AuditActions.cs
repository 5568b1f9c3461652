namespace Portico.Application.Common.Auditing;

/// <summary>What the audit log tells of. The names are stable once released.</summary>
public static class AuditActions
{
    public const string UserRoleChanged = "user.role_changed";
    public const string UserBlocked = "user.blocked";
    public const string UserUnblocked = "user.unblocked";
    public const string UserDeleted = "user.deleted";
    public const string UserRestored = "user.restored";
    public const string UserSessionsEnded = "user.sessions_ended";
    public const string UserAddressFreed = "user.address_freed";
    public const string SessionEndedByReuse = "session.ended_by_reuse";
    public const string UserContactChanged = "user.contact_changed";
}

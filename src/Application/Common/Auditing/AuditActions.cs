namespace Portico.Application.Common.Auditing;

/// <summary>The actions that the audit log records. A released name never changes.</summary>
public static class AuditActions
{
    public const string UserRoleChanged = "user.role_changed";
    public const string UserBlocked = "user.blocked";
    public const string UserUnblocked = "user.unblocked";
    public const string UserDeleted = "user.deleted";
    public const string UserRestored = "user.restored";
    public const string UserSessionsEnded = "user.sessions_ended";
    public const string UserAddressFreed = "user.address_freed";
    public const string SigningKeyMade = "signing_key.made";
    public const string SigningKeyPromoted = "signing_key.promoted";
    public const string SigningKeyRetired = "signing_key.retired";
    public const string SigningKeyRemoved = "signing_key.removed";
    public const string SigningKeyDropped = "signing_key.dropped";
    public const string SigningKeyResealed = "signing_key.resealed";
    public const string ChainKeyRotated = "chain_key.rotated";
    public const string SessionEndedByReuse = "session.ended_by_reuse";
    public const string SessionsEnded = "sessions.ended";
    public const string UserPasswordChanged = "user.password_changed";
    public const string UserPasswordReset = "user.password_reset";
    public const string UserContactChanged = "user.contact_changed";
    public const string UserLoginLinked = "user.login_linked";
    public const string UserLoginUnlinked = "user.login_unlinked";
    public const string UserTelegramLinked = "user.telegram_linked";
    public const string UserTelegramUnlinked = "user.telegram_unlinked";
    public const string UserTotpAdded = "user.totp_added";
    public const string UserTotpRemoved = "user.totp_removed";
    public const string UserPasskeyAdded = "user.passkey_added";
    public const string UserPasskeyRemoved = "user.passkey_removed";
    public const string UserPasskeyRejected = "user.passkey_rejected";
    public const string UserRecoveryCodesReplaced = "user.recovery_codes_replaced";
    public const string UserRecoveryCodeUsed = "user.recovery_code_used";
    public const string UserSecondFactorsReset = "user.second_factors_reset";
    public const string SpendingLimitsSet = "spending_limits.set";
    public const string ExchangeRateSet = "exchange_rate.set";
    public const string PaymentRefundRequested = "payment.refund_requested";
    public const string WebhookRetried = "webhook.retried";
    public const string ReconciliationMade = "reconciliation.made";
    public const string DeadLetterReplayed = "dead_letter.replayed";
    public const string DeadLetterDropped = "dead_letter.dropped";
    public const string ServiceAccountCreated = "service_account.created";
    public const string ServiceAccountDeleted = "service_account.deleted";
    public const string ServiceSecretAdded = "service_account.secret_added";
    public const string ServiceSecretRemoved = "service_account.secret_removed";
}

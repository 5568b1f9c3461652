namespace Portico.Application.Common.Auditing;

/// <summary>The content of an audit entry: the action, its subject and the changed fields.</summary>
/// <param name="action">One of <see cref="AuditActions"/>.</param>
/// <param name="subject">The user or the thing that was changed.</param>
public sealed class AuditNote(string action, AuditSubject subject)
{
    private readonly SortedDictionary<string, object?> _before = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, object?> _after = new(StringComparer.Ordinal);

    public string Action { get; } = action;
    public AuditSubject Subject { get; } = subject;

    /// <summary>The session that the entry is about, if it is not the caller's.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>The old values of the changed fields; a field without an old value is left out.</summary>
    public IReadOnlyDictionary<string, object?> Before => _before;

    /// <summary>The new values of the changed fields.</summary>
    public IReadOnlyDictionary<string, object?> After => _after;

    /// <summary>Adds a changed field; a field with equal values is left out.</summary>
    /// <param name="field">The camelCase name of the field.</param>
    /// <param name="before">The old value: text, a number, an enum or an id; never a secret.</param>
    /// <param name="after">The new value, with the same rules.</param>
    public AuditNote Changed(string field, object? before, object? after)
    {
        if (Equals(before, after))
            return this;

        if (before is not null)
            _before.Add(field, before);
        if (after is not null)
            _after.Add(field, after);
        return this;
    }

    /// <summary>Adds a value that has no old value, for example the reason of the action.</summary>
    public AuditNote With(string field, object after) => Changed(field, null, after);
}

/// <summary>The user or the thing that an action changed.</summary>
/// <param name="Type">The kind of thing, in snake_case.</param>
/// <param name="Id">Its id, at most 100 characters.</param>
public sealed record AuditSubject(string Type, string Id)
{
    private const int MaxIdLength = 100;

    public static AuditSubject User(Guid id) => new("user", id.ToString());

    /// <summary>The sessions of more than one user.</summary>
    public static AuditSubject AllSessions => new("sessions", "all");

    public static AuditSubject Wallet(Guid id) => new("wallet", id.ToString());

    public static AuditSubject ExchangeRate(string pair) => new("exchange_rate", pair);

    public static AuditSubject Payment(Guid id) => new("payment", id.ToString());

    /// <summary>A notification of a payment provider, by the provider's id.</summary>
    public static AuditSubject Webhook(string eventId) =>
        new("webhook", eventId.Length > MaxIdLength ? eventId[..MaxIdLength] : eventId);

    public static AuditSubject Reconciliation(Guid id) => new("reconciliation", id.ToString());

    public static AuditSubject DeadLetter(Guid id) => new("dead_letter", id.ToString());

    public static AuditSubject ServiceAccount(Guid id) => new("service_account", id.ToString());
}

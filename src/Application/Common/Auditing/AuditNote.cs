namespace Portico.Application.Common.Auditing;

/// <summary>What is to be noted of something that was done: the action, whom or what it befell, and what it changed.</summary>
/// <param name="action">One of <see cref="AuditActions"/>.</param>
/// <param name="subject">Whom or what it befell.</param>
public sealed class AuditNote(string action, AuditSubject subject)
{
    private readonly SortedDictionary<string, object?> _before = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, object?> _after = new(StringComparer.Ordinal);

    public string Action { get; } = action;
    public AuditSubject Subject { get; } = subject;

    /// <summary>The session that it is about, where that is not the caller's.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>The values of the changed fields as they were; those that there were none of are left out.</summary>
    public IReadOnlyDictionary<string, object?> Before => _before;

    /// <summary>The values of the changed fields as they are now.</summary>
    public IReadOnlyDictionary<string, object?> After => _after;

    /// <summary>Notes a field that is another one now; one that is as it was is left out.</summary>
    /// <param name="field">Its camelCase name.</param>
    /// <param name="before">What it was: text, a number, an enum, an id; never a secret.</param>
    /// <param name="after">What it is; the same holds for it.</param>
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

    /// <summary>Notes what came along with the action and was nothing before, such as its reason.</summary>
    public AuditNote With(string field, object after) => Changed(field, null, after);
}

/// <summary>Whom or what an action befell.</summary>
/// <param name="Type">The kind of thing, in snake_case.</param>
/// <param name="Id">Its id, at most 100 characters.</param>
public sealed record AuditSubject(string Type, string Id)
{
    public static AuditSubject User(Guid id) => new("user", id.ToString());
}

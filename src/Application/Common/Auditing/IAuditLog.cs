namespace Portico.Application.Common.Auditing;

/// <summary>The log of who did what to whom; what it holds, nobody changes or removes.</summary>
/// <remarks>
/// Time, actor, session, address and trace are those of the current request; without one the actor is the system itself.
/// Whoever can be made to write into it by strangers writes once for many tries, so that they can't fill it.
/// </remarks>
public interface IAuditLog
{
    /// <summary>Notes it in the transaction that is open, so that it is kept if and only if the change is.</summary>
    /// <exception cref="InvalidOperationException">No transaction is open: the note would be lost.</exception>
    void Add(AuditNote note);

    /// <summary>Notes it at once in a transaction of its own, so that it outlives a refusal. It does not end with the request.</summary>
    Task AddNow(AuditNote note);
}

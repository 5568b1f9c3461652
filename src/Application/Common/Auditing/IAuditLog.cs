namespace Portico.Application.Common.Auditing;

/// <summary>The append-only log of who changed what.</summary>
/// <remarks>
/// Time, actor, session, address and trace are those of the current request; without a request the actor is the system.
/// Where strangers can cause entries, the code writes one entry for many tries, so that strangers can't fill the log.
/// </remarks>
public interface IAuditLog
{
    /// <summary>Adds an entry in the open transaction, so that the entry is stored if and only if the change is.</summary>
    /// <exception cref="InvalidOperationException">No transaction is open: the entry would be lost.</exception>
    void Add(AuditNote note);

    /// <summary>Adds an entry at once in its own transaction, so an error does not remove it. It does not end with the request.</summary>
    Task AddNow(AuditNote note);
}

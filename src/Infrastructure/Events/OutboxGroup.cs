namespace Portico.Infrastructure.Events;

/// <summary>Events that one statement has written to the outbox, and that wait together: one row of <c>outbox_groups</c>.</summary>
/// <remarks>
/// Each is the first version of its aggregate, so none waits for another event. When only some of them could be published, and when a
/// relay finds the group of another process, the others get rows in <c>outbox_waiting</c>.
/// </remarks>
/// <param name="Events">The events, at least one. The id of the first one is the id of the group.</param>
internal sealed record OutboxGroup(IReadOnlyList<OutboxMessage> Events)
{
    /// <summary>The id of the group of events with arrays of ids (<c>$1</c>) and versions (<c>$4</c>); NULL when there is none.</summary>
    public const string IdSql = "(SELECT CASE WHEN 1 = ALL ($4) THEN ($1)[1] END)";

    public Guid Id => Events[0].Id;

    /// <summary>The group of these events; <c>null</c> when each waits alone.</summary>
    public static OutboxGroup? Of(IReadOnlyList<OutboxMessage> events)
    {
        foreach (var message in events)
        {
            if (message.AggregateVersion != 1)
                return null;
        }

        return events.Count == 0 ? null : new OutboxGroup(events);
    }
}

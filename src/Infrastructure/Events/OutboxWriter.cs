using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Turns the domain events of what is saved into outbox rows of the same transaction.</summary>
/// <remarks>So that no committed change lacks its event, and no event tells of a change that was rolled back.</remarks>
internal sealed class OutboxWriter(TimeProvider clock) : SavingInterceptor
{
    protected override void OnSaving(DbContext context)
    {
        var now = clock.GetUtcNow();
        foreach (var aggregate in context.ChangeTracker.Entries<AggregateRoot>().Select(entry => entry.Entity).ToArray())
        {
            foreach (var (version, domainEvent) in aggregate.TakeEvents())
            {
                context.Add(new OutboxMessage
                {
                    Id = Ids.New(now),
                    AggregateType = aggregate.GetType().Name,
                    AggregateId = aggregate.Id,
                    AggregateVersion = version,
                    Type = EventNames.Of(domainEvent),
                    Payload = EventJson.Write(domainEvent),
                    TraceParent = Activity.Current?.Id,
                    OccurredAt = now,
                });
            }
        }
    }
}

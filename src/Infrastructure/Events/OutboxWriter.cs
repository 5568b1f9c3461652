using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Writes the domain events of saved aggregates to the outbox in the same transaction.</summary>
/// <remarks>Every committed change therefore has its events, and a change that was rolled back has none.</remarks>
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
                    Data = EventJson.Write(domainEvent),
                    TraceParent = Activity.Current?.Id,
                    OccurredAt = now,
                });
            }
        }
    }
}

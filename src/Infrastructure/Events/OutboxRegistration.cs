using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

internal static class OutboxRegistration
{
    /// <summary>Adds the services that write to the outbox and use the inbox; none of them connects to NATS.</summary>
    public static IServiceCollection AddOutbox(this IServiceCollection services) => services
        .AddSingleton<SavingInterceptor, OutboxWriter>()
        // A violation means that another writer used the same version of an aggregate first.
        .AddSingleton(new UniqueKey(OutboxMessageConfiguration.AggregateKey, Error: null))
        .AddSingleton<CommittedEvents>()
        .AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<CommittedEvents>())
        .AddScoped<EventInbox>()
        .AddSingleton<DeadLetters>();
}

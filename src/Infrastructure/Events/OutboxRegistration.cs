using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

internal static class OutboxRegistration
{
    /// <summary>Adds what writes events to the outbox and reads the inbox; nothing of it talks to NATS.</summary>
    public static IServiceCollection AddOutbox(this IServiceCollection services)
    {
        services.AddSingleton<SavingInterceptor, OutboxWriter>();
        // Another writer has raised the same version of an aggregate first.
        services.AddSingleton(new UniqueKey(OutboxMessageConfiguration.AggregateKey, Error: null));
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<OutboxSignal>());
        services.AddScoped<EventInbox>();
        return services.AddSingleton<DeadLetters>();
    }
}

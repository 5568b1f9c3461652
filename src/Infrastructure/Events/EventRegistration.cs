using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Portico.Application.DeadLetters;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Nats;

namespace Portico.Infrastructure.Events;

internal static class EventRegistration
{
    /// <summary>Adds the connection to NATS, the relay and the event consumers.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<NatsSettings>(configuration);
        services.AddSettings<EventSettings>(configuration);
        services.AddSettings<OutboxSettings>(configuration);
        services.AddSingleton(provider =>
            provider.GetRequiredService<NatsSettings>().CreateConnection("portico", provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<INatsConnection>(provider => provider.GetRequiredService<NatsConnection>());
        services.AddSingleton<INatsJSContext>(provider => new NatsJSContext(provider.GetRequiredService<NatsConnection>()));
        services.AddSingleton<EventPublisher>();
        services.AddSingleton<OutboxMetrics>();
        services.AddSingleton<StreamRecovery>();
        foreach (var subscription in EventSubscription.All)
            services.AddSingleton(subscription);
        services.AddSingleton<EventMetrics>();
        services.AddSingleton<EventReceiver>();
        services.AddScoped<IDeadLetters, DeadLetterAdministration>();
        services.AddSingleton<DeadLetterReplay>();
        services.AddHealthChecks().AddCheck<NatsHealthCheck>("nats");
        // As long as the event can be delivered again: the retention of the outbox plus the maximum age in the stream, and while its
        // handler has dead letters, which an operator may replay.
        services.AddSingleton(provider => new RetentionRule(
            "inbox", "handled_at",
            provider.GetRequiredService<EventSettings>().MaxAge + provider.GetRequiredService<OutboxSettings>().Retention,
            "NOT EXISTS (SELECT FROM dead_events dead WHERE dead.handler = purged.handler)"));
        services.AddSingleton(new RetentionRule("dead_events", "died_at", TimeSpan.FromDays(90)));

        // Services stop in reverse order, so the services that use the connection are registered after it.
        services.AddHostedService<NatsLifetime>();
        services.AddHostedService<OutboxRelay>();
        services.AddHostedService<OutboxCleanup>();
        services.AddHostedService<EventConsumers>();
        services.AddHostedService(provider => provider.GetRequiredService<DeadLetterReplay>());
        return services;
    }
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Portico.Application.Common.Auditing;
using Portico.Application.ServiceAccounts;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Aggregation;
using Portico.Infrastructure.Audit;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Exchange;
using Portico.Infrastructure.Forecasts;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Idempotency;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Notifications;
using Portico.Infrastructure.Orders;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.Payments;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.QueryCache;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Reconciliations;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SecondFactors;
using Portico.Infrastructure.ServiceAccounts;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SignIn;
using Portico.Infrastructure.Telegram;
using Portico.Infrastructure.Users;

namespace Portico.Infrastructure;

/// <summary>Registers the infrastructure.</summary>
public static class InfrastructureRegistration
{
    /// <summary>Adds all external dependencies of the web API: PostgreSQL, Redis, NATS, signing keys, mail.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddPersistence(configuration)
            .AddIdempotency(configuration)
            .AddLedger(configuration)
            .AddHashChain(configuration)
            .AddExchange(configuration)
            .AddQueryCache()
            .AddSettlement()
            .AddPasswords(configuration)
            .AddRedis(configuration)
            .AddTokens(configuration)
            .AddSecondFactors(configuration)
            .AddScoped<IServiceSecrets, ServiceSecretStore>()
            .AddNotifications(configuration)
            .AddTelegram(configuration)
            .AddEvents(configuration)
            .AddAggregation(configuration)
            .AddOrders(configuration)
            .AddPayments(configuration)
            .AddReconciliations()
            .AddHostedService<RetentionCleanup>();
    }

    /// <summary>Adds PostgreSQL and the features that store data in it; starts no background services.</summary>
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration) => services
        .AddPostgres(configuration)
        .AddScoped<IAuditLog, AuditLog>()
        .AddUsers(configuration)
        .AddForecasts()
        .AddOutbox();

    /// <summary>Adds Redis and the features that store data in it: sessions, codes and rate limits.</summary>
    public static IServiceCollection AddRedis(this IServiceCollection services, IConfiguration configuration) => services
        .AddRedisConnection(configuration)
        .AddRateLimiting()
        .AddSignIn(configuration)
        .AddSessions(configuration);
}

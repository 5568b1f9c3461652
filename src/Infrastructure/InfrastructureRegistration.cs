using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Portico.Infrastructure.Caching;
using Portico.Infrastructure.Identity;
using Portico.Infrastructure.Mail;
using Portico.Infrastructure.Nats;
using Portico.Infrastructure.Persistence;
using Portico.Infrastructure.Persistence.Forecasts;
using Portico.Infrastructure.Persistence.Idempotency;
using Portico.Infrastructure.Persistence.Ledger;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.Tokens;

namespace Portico.Infrastructure;

public static class InfrastructureRegistration
{
    /// <summary>Adds everything that the web API reaches outside itself: PostgreSQL, Redis, NATS, signing keys, mail.</summary>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddPersistence(configuration)
            .AddIdempotency(configuration)
            .AddLedger(configuration)
            .AddQueryCache()
            .AddHostedService<Settlement>()
            .AddIdentity(configuration)
            .AddRedis(configuration)
            .AddTokens(configuration)
            .AddMail(configuration)
            .AddNats(configuration);
    }
}

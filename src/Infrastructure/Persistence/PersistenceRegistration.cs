using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Events;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Persistence.Forecasts;
using Portico.Infrastructure.Persistence.Inbox;
using Portico.Infrastructure.Persistence.Outbox;

namespace Portico.Infrastructure.Persistence;

internal static class PersistenceRegistration
{
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<DatabaseSettings>(configuration);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseSettings>().CreateDataSource());
        services.AddSingleton<AuditStamps>();
        services.AddSingleton<OutboxWriter>();
        services.AddSingleton<WrittenRecords>();
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<OutboxSignal>());
        services.AddDbContext<AppDbContext>(
            (provider, options) => options
                .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>())
                .UseSnakeCaseNamingConvention()
                .AddInterceptors(
                    provider.GetRequiredService<AuditStamps>(),
                    provider.GetRequiredService<OutboxWriter>(),
                    provider.GetRequiredService<WrittenRecords>()),
            // Once: put together for each request, they cost as much as a query.
            optionsLifetime: ServiceLifetime.Singleton);
        services.AddScoped<IAppDbContext>(provider => provider.GetRequiredService<AppDbContext>());
        services.AddScoped<ITransaction, EfTransaction>();
        services.AddSettings<UserSettings>(configuration);
        services.AddScoped<IAuditLog, AuditLog>();
        services.AddScoped<IAddressRelease, AddressRelease>();
        services.AddScoped<IHeldEvents, HeldEvents>();
        services.AddScoped<IKnownDevices, KnownDevices>();
        services.AddScoped<EventInbox>();
        services.AddSingleton<DeadEvents>();
        services.AddSingleton<UserEpochs>();
        services.AddSingleton<IUserEpochs>(provider => provider.GetRequiredService<UserEpochs>());
        services.AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<UserEpochs>());
        services.AddHealthChecks().AddCheck<PostgresReadiness>("postgresql");
        return services;
    }
}

using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Postgres;

internal static class PostgresRegistration
{
    /// <summary>The key of the data source that no pooler is in front of.</summary>
    public const string Direct = "direct";

    /// <summary>Adds the connections to PostgreSQL, the EF context and the transaction around commands.</summary>
    /// <remarks>
    /// Each feature registers its own <see cref="SavingInterceptor"/>, <see cref="ICommitObserver"/> and <see cref="UniqueKey"/>.
    /// </remarks>
    public static IServiceCollection AddPostgres(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<DatabaseSettings>(configuration);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseSettings>().CreateDataSource());
        services.AddKeyedSingleton(
            Direct,
            (provider, _) => provider.GetRequiredService<DatabaseSettings>() is { IsPooled: true } settings
                ? settings.CreateDirectDataSource()
                : provider.GetRequiredService<NpgsqlDataSource>());
        services.AddSingleton<AuditInterceptor>();
        services.AddSingleton<WrittenRecords>();
        services.AddSingleton<UniqueKeys>();
        services.AddDbContext<AppDbContext>(
            (provider, options) => options
                // It finds the data source in the container. One given here would be part of the key under which EF keeps the model and
                // the compiled queries, so that each host in a process of tests would make its own.
                .UseNpgsql()
                .UseSnakeCaseNamingConvention()
                // Conflicts and taken names are expected: they are tried again, or the caller is told. What else fails is logged where it
                // is handled, and would be in the log twice.
                .ConfigureWarnings(events => events.Log(
                    (CoreEventId.SaveChangesFailed, LogLevel.Debug), (RelationalEventId.CommandError, LogLevel.Debug)))
                .AddInterceptors(
                [
                    provider.GetRequiredService<AuditInterceptor>(),
                    .. provider.GetServices<SavingInterceptor>(),
                    provider.GetRequiredService<WrittenRecords>(),
                ]),
            // Singleton, because building the options costs as much as a query.
            optionsLifetime: ServiceLifetime.Singleton);
        services.AddScoped<IAppDbContext>(provider => provider.GetRequiredService<AppDbContext>());
        services.AddScoped<EfTransaction>();
        services.AddScoped<ITransaction>(provider => provider.GetRequiredService<EfTransaction>());
        services.AddHealthChecks().AddCheck<PostgresHealthCheck>("postgresql");
        return services;
    }
}

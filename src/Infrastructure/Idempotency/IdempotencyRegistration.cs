using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Messaging;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.Idempotency;

internal static class IdempotencyRegistration
{
    public static IServiceCollection AddIdempotency(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<IdempotencySettings>(configuration)
        .AddScoped<IIdempotencyStore, IdempotencyStore>()
        .AddScoped<IRequestKeys, RequestKeys>()
        // The ledger's keys first: a key whose answer is gone must be free in both tables.
        .AddSingleton(provider => new RetentionRule("ledger.idempotency", "recorded_at", RetentionOf(provider)))
        .AddSingleton(provider => new RetentionRule("idempotency_answers", "created_at", RetentionOf(provider)));

    private static TimeSpan RetentionOf(IServiceProvider provider) => provider.GetRequiredService<IdempotencySettings>().Retention;
}

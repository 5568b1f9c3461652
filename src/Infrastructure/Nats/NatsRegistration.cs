using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Health;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Nats;

internal static class NatsRegistration
{
    public static IServiceCollection AddNats(this IServiceCollection services, IConfiguration configuration) =>
        services.AddSettings<NatsSettings>(configuration).AddSingleton<IReadinessCheck, NatsReadiness>();
}

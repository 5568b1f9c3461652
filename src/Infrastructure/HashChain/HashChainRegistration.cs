using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.HashChain;

internal static class HashChainRegistration
{
    public static IServiceCollection AddHashChain(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<HashChainSettings>(configuration);
        services.AddSingleton<ChainSignal>();
        services.AddSingleton<ChainKeys>();
        services.AddSingleton<BlockSealer>();
        services.AddSingleton<IHashChain, ChainReader>();
        services.AddHostedService<ChainSealing>();
        return services;
    }
}

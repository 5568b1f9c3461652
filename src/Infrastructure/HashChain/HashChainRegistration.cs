using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.HashChain;

internal static class HashChainRegistration
{
    public static IServiceCollection AddHashChain(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<HashChainSettings>(configuration)
        .AddSingleton<CommittedJournals>()
        .AddSingleton<ChainKeys>()
        .AddSingleton<BlockSealer>()
        .AddSingleton<IHashChain, ChainReader>()
        .AddHostedService<ChainSealing>();
}

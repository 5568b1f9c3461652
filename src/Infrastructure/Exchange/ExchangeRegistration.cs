using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Exchange;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Exchange;

internal static class ExchangeRegistration
{
    public static IServiceCollection AddExchange(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<ExchangeSettings>(configuration)
        .AddSingleton<IExchangeRules>(provider => provider.GetRequiredService<ExchangeSettings>())
        // Two managers set the two directions of a new pair at once: the second one tries again and finds the first.
        .AddSingleton(new UniqueKey("exchange_rates_pair", Error: null))
        // What was accepted stays in the ledger.
        .AddSingleton(new RetentionRule("exchange_quotes", "expires_at", TimeSpan.FromDays(1)));
}

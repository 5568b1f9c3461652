using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Events;
using Portico.Domain.Forecasts;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Forecasts;

internal static class ForecastRegistration
{
    public static IServiceCollection AddForecasts(this IServiceCollection services) => services
        .AddSingleton(new UniqueKey(ForecastConfiguration.OneEach, EventErrors.AlreadyForecast))
        .AddScoped<IEventLock, EventLock>();

    /// <summary>Adds the background service that settles forecasts.</summary>
    public static IServiceCollection AddSettlement(this IServiceCollection services) => services
        .AddSingleton<SettlementSignal>()
        .AddSingleton<ICommitObserver>(provider => provider.GetRequiredService<SettlementSignal>())
        .AddHostedService<Settlement>();
}

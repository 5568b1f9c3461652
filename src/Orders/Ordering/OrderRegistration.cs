using System.Diagnostics.Metrics;
using Portico.Infrastructure.Configuration;
using Portico.Orders.Catalogue;

namespace Portico.Orders.Ordering;

internal static class OrderRegistration
{
    public const string MeterName = "Portico.Orders";

    /// <summary>Adds the catalogue, the orders and the background services.</summary>
    public static IServiceCollection AddOrdering(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<OrderSettings>(configuration);
        services.AddSingleton<ProductStore>();
        services.AddSingleton<OrderRows>();
        services.AddSingleton<OrderSignal>();
        services.AddSingleton<OrderStore>();
        services.AddSingleton<OrdersService>();
        services.AddHostedService<OrderChangePoller>();
        services.AddHostedService<PendingOrderSweeper>();
        return services;
    }

    /// <summary>Adds the metric of open streams.</summary>
    public static void AddStreamMetric(this IServiceProvider services)
    {
        var signal = services.GetRequiredService<OrderSignal>();
        services.GetRequiredService<IMeterFactory>().Create(MeterName)
            .CreateObservableUpDownCounter("portico.orders.streams", () => signal.Open, "{stream}", "Open streams of order changes.");
    }
}

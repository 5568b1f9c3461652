using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Dashboard;
using Portico.Application.Orders;
using Portico.Infrastructure.Aggregation;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Orders;

internal static class OrderRegistration
{
    // No call is made without an address.
    private static readonly Uri Nowhere = new("http://localhost");

    /// <summary>Adds the client of the orders service, and the sagas that place and cancel orders.</summary>
    public static IServiceCollection AddOrders(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<OrdersSettings>(configuration);
        services.AddGrpcClient<Portico.Orders.V1.Orders.OrdersClient>((provider, grpc) =>
                grpc.Address = provider.GetRequiredService<OrdersSettings>().Url is { Length: > 0 } url ? new Uri(url) : Nowhere)
            .AddDownstream();
        services.AddSingleton<OrdersGateway>();
        services.AddSingleton<IOrders>(provider => provider.GetRequiredService<OrdersGateway>());
        services.AddSingleton<IOrderProcessing>(provider => provider.GetRequiredService<OrdersGateway>());
        services.AddSingleton<OrderSagaSignal>();
        services.AddSingleton<OrderSagaStore>();
        services.AddSingleton<IOrderSagas>(provider => provider.GetRequiredService<OrderSagaStore>());
        if (string.IsNullOrEmpty(configuration[$"{OrdersSettings.Section}:{nameof(OrdersSettings.Url)}"]))
            return services.AddSingleton(new MissingDownstream(OrdersGateway.Downstream));
        return services.AddHostedService<OrderRecovery>();
    }
}

using Portico.Testing;

namespace Portico.IntegrationTests.Orders;

/// <summary>Tests on the orders service that all tests share, each for a person of its own.</summary>
public abstract class OrdersServiceTests : IAsyncLifetime
{
    protected OrdersApp App { get; private set; } = null!;

    protected TestPerson Person { get; private set; } = null!;

    protected Portico.Orders.V1.Orders.OrdersClient Owner => App.Client(Person.AccessToken);

    public async Task InitializeAsync()
    {
        App = await OrdersApp.SharedAsync();
        Person = await App.Issuer.SignUpAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

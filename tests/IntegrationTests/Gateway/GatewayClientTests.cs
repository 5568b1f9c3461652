using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>Tests that call services through the gateway, each as a new user.</summary>
public abstract class GatewayClientTests(GatewayWorld world) : IAsyncLifetime
{
    protected const string Api = "/api/v1";

    private protected GatewayWorld World => world;

    private protected RecordingService Service => world.Service;

    private protected TestPerson Person { get; private set; } = null!;

    public async Task InitializeAsync() => Person = await world.App.SignUpAsync();

    public Task DisposeAsync() => Task.CompletedTask;
}

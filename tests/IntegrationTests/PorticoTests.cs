using Portico.Testing;

namespace Portico.IntegrationTests;

/// <summary>Tests on the application that all tests share. They change only users of their own.</summary>
public abstract class PorticoTests : IAsyncLifetime
{
    protected PorticoApp App { get; private set; } = null!;

    public virtual async Task InitializeAsync() => App = await PorticoApp.SharedAsync();

    public virtual Task DisposeAsync() => Task.CompletedTask;
}

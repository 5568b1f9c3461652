namespace Portico.IntegrationTests.Conventions;

/// <summary>One application for the tests of a class that change nothing in it.</summary>
public sealed class ProbeFixture : IAsyncLifetime
{
    internal ProbeApp App { get; private set; } = null!;

    public async Task InitializeAsync() =>
        App = await ProbeApp.StartAsync(("Cors:Origins:0", "https://app.example.com"), ("Proxies:Trusted:0", "127.0.0.1"));

    public async Task DisposeAsync() => await App.DisposeAsync();
}

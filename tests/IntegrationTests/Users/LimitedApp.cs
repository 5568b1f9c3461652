using Portico.Testing;

namespace Portico.IntegrationTests.Users;

/// <summary>An application with small limits, and with no administrator but those of <see cref="LastAdministratorTests"/>.</summary>
public sealed class LimitedApp : IAsyncLifetime
{
    public const int Limit = 5;

    public PorticoApp App { get; private set; } = null!;

    public async Task InitializeAsync() => App = await PorticoApp.StartAsync(new PorticoAppOptions
    {
        Settings =
        {
            ["Users:MaxWallets"] = $"{Limit}",
            ["Users:MaxForecasts"] = $"{Limit}",
            ["Users:MaxRecords"] = $"{Limit}",
            ["Ledger:MaxOpenHolds"] = $"{Limit}",
            ["Exchange:MaxOpenQuotes"] = $"{Limit}",
            ["Ledger:MaxMovement"] = "1000.5",
            // Two transactions of the ledger at once, as two replicas have.
            ["Ledger:Writers"] = "2",
            ["Ledger:MaxBatch"] = "2",
        },
    });

    public async Task DisposeAsync() => await App.DisposeAsync();

    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<LimitedApp>
    {
        public const string Name = "Limited application";
    }
}

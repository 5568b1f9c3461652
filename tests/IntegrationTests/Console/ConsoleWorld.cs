using Portico.DevStack;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Console;

/// <summary>
/// The console as it is built from its sources, and the landing page, served by one application for all their tests: with an orders
/// service, Stripe, and providers to sign in with.
/// </summary>
public sealed class ConsoleWorld : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The tests that share it.</summary>
    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<ConsoleWorld>
    {
        public const string Name = "Console";
    }

    private OrdersApp _orders = null!;

    public PorticoApp App => _orders.Issuer;

    public FakeProviders Providers { get; private set; } = null!;

    public FakeStripe Stripe { get; private set; } = null!;

    /// <summary>The folder of the built console.</summary>
    public string Built { get; } = Directory.CreateTempSubdirectory("portico-console-").FullName;

    /// <summary>The address of the pages: browsers allow passkeys on localhost, and not on an IP address.</summary>
    public string Origin { get; } = $"http://localhost:{Ports.Free()}";

    internal static string Sources => Repository.File("src/Console");

    public async Task InitializeAsync()
    {
        await NodePackages.InstallAsync(Sources);
        await NodeAsync("node_modules/vite/bin/vite.js", "build", "--outDir", Built, "--emptyOutDir", "--logLevel", "warn");
        Providers = await FakeProviders.StartAsync();
        Stripe = await FakeStripe.StartedAsync();
        _orders = await OrdersApp.StartWithIssuerAsync(
            new Dictionary<string, string?>(Providers.Settings().Concat(Stripe.Settings()), StringComparer.Ordinal)
            {
                ["urls"] = Origin.Replace("localhost", "127.0.0.1", StringComparison.Ordinal),
                ["Tokens:Issuer"] = Origin,
                ["OAuth:ReturnUrls:0"] = $"{Origin}/console/",
                ["Pages:ConsoleFolder"] = Built,
                ["Pages:LandingFolder"] = Repository.File("examples/landing"),
                ["Payments:ReturnOrigins:0"] = Origin,
                ["Payments:PollInterval"] = "00:00:00.100",
                // For each of a thousand guests a code, a welcome and a result.
                ["Mail:MailboxLimit"] = "10000",
            });
    }

    public async Task DisposeAsync()
    {
        await _orders.DisposeAsync();
        await App.DisposeAsync();
        await Stripe.DisposeAsync();
        await Providers.DisposeAsync();
        Directory.Delete(Built, recursive: true);
    }

    /// <summary>Runs a program of the console's packages in its folder.</summary>
    internal static async Task NodeAsync(params string[] arguments)
    {
        var run = await Shell.RunAsync("node", arguments, "", Sources, Patience);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }
}

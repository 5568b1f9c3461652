using Portico.Testing;

namespace Portico.IntegrationTests.Console;

/// <summary>The console as it is built from its sources, and the landing page, served by one application for all their tests.</summary>
public sealed class ConsoleWorld : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The tests that share it.</summary>
    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<ConsoleWorld>
    {
        public const string Name = "Console";
    }

    public PorticoApp App { get; private set; } = null!;

    /// <summary>The folder of the built console.</summary>
    public string Built { get; } = Directory.CreateTempSubdirectory("portico-console-").FullName;

    public string Origin => App.Api.GetLeftPart(UriPartial.Authority);

    internal static string Sources => Repository.File("src/Console");

    public async Task InitializeAsync()
    {
        await NodePackages.InstallAsync(Sources);
        await NodeAsync("node_modules/vite/bin/vite.js", "build", "--outDir", Built, "--emptyOutDir", "--logLevel", "warn");
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Pages:ConsoleFolder"] = Built,
                ["Pages:LandingFolder"] = Repository.File("examples/landing"),
            },
        });
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        Directory.Delete(Built, recursive: true);
    }

    /// <summary>Runs a program of the console's packages in its folder.</summary>
    internal static async Task NodeAsync(params string[] arguments)
    {
        var run = await Shell.RunAsync("node", arguments, "", Sources, Patience);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
    }
}

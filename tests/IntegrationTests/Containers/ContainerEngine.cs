using Portico.DevStack;

namespace Portico.IntegrationTests.Containers;

/// <summary>Compose with an engine of containers: Docker where it runs, otherwise podman on base images that are made here.</summary>
/// <remarks>The project has a name and ports of its own, so that it leaves other containers alone.</remarks>
internal sealed class ContainerEngine : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);
    private static readonly string Script = Repository.File("tools/Containers/engine.sh");

    private readonly string? _folder;
    private readonly string _compose;

    private ContainerEngine(string? folder, string compose) => (_folder, _compose) = (folder, compose);

    public int Port { get; } = Ports.Free();

    public int ManagementPort { get; } = Ports.Free();

    /// <summary>The program that answers questions about images and containers.</summary>
    public string Program => _folder is null ? "docker" : "podman";

    public static async Task<ContainerEngine> StartAsync()
    {
        var docker = await Shell.RunAsync("command -v docker && docker info", Repository.Root, Patience);
        if (docker.ExitCode == 0)
            return new ContainerEngine(folder: null, "docker compose");

        // The base images are kept for the next run.
        var folder = Path.Combine(Repository.Root, ".dev", "containers");
        Directory.CreateDirectory(folder);
        await RunScriptAsync(folder, "images");
        await RunScriptAsync(folder, "start");
        return new ContainerEngine(folder, "docker-compose");
    }

    /// <summary>Runs compose, and fails with what it wrote if it fails.</summary>
    public Task<string> ComposeAsync(string arguments) => RunAsync($"{_compose} --profile demo {arguments}");

    /// <summary>Runs a script with the variables of the engine.</summary>
    public async Task<string> RunAsync(string script)
    {
        var run = await Shell.RunAsync(
            _folder is null ? script : $". {_folder}/env\n{script}", Repository.Root, Patience,
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["COMPOSE_PROJECT_NAME"] = "portico-test",
                ["PORTICO_PORT"] = $"{Port}",
                ["PORTICO_MANAGEMENT_PORT"] = $"{ManagementPort}",
                ["PORTICO_ISSUER"] = $"http://localhost:{Port}",
            });
        Assert.True(run.ExitCode == 0, $"{script}\n{run.Output}\n{run.Errors}");
        return run.Output;
    }

    public async ValueTask DisposeAsync()
    {
        await ComposeAsync("down --volumes --timeout 50");
        if (_folder is not null)
            await RunScriptAsync(_folder, "stop");
    }

    private static async Task RunScriptAsync(string folder, string command)
    {
        var run = await Shell.RunAsync($"{Script} {folder} {command} > {folder}.log 2>&1", Repository.Root, Patience);
        Assert.True(run.ExitCode == 0, File.Exists($"{folder}.log") ? await File.ReadAllTextAsync($"{folder}.log") : run.Errors);
    }
}

namespace Portico.Bench.Load;

/// <summary>A load on the whole of Portico: real servers, the web API as a process of its own, clients on real sockets.</summary>
internal sealed record LoadScenario(string Name, Func<LoadOptions, LoadReport, CancellationToken, Task> Run)
{
    /// <summary>What holds where an option is not given.</summary>
    public LoadOptions Defaults { get; init; } = new();

    /// <summary>Whether it compares several variants of the API; the others start all their APIs as one.</summary>
    public bool ComparesVariants { get; init; }

    /// <returns>0, 1 when something failed, 2 for an option that is none.</returns>
    public async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (!LoadOptions.TryParse(arguments, Defaults, out var options, out var problem))
        {
            await Console.Error.WriteLineAsync(problem);
            return 2;
        }

        if (options.Variants.Count > 1 && !ComparesVariants)
        {
            await Console.Error.WriteLineAsync($"{Name} takes one --variant.");
            return 2;
        }

        var report = new LoadReport(Name, options);
        await Run(options, report, cancellationToken);
        if (options.Only.Length > 0 && !report.HasMeasurements)
            throw new LoadException($"No load of {Name} begins with '{options.Only}'.");
        await report.WriteAsync(cancellationToken);
        return report.HasFailures ? 1 : 0;
    }
}

/// <summary>A load that could not be run, with the sentence that says why.</summary>
internal sealed class LoadException(string message) : Exception(message);
